import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gatewayEvent } from '../../__tests__/lambda-src/forwarder/events';
import { bundleLambda, type LambdaZip } from '../../constructs/lambda-bundle';
import { LambdaFunction } from '../../local/lambda/lambda-function';

export const KB = 1024;
export const MB = 1024 * KB;

/** The event that asks the origin for so many bytes. */
export const asking = (size: number) => gatewayEvent({ path: `/${size}`, headers: [['Accept', 'application/json']] });

/** What requests took: how many a second, and milliseconds of the function's processor time for each. */
export interface Pace {
  rate: number;
  processor: number;
}

/** A function in the local Lambda: one process that speaks the Runtime API, never frozen, so that only its work counts. */
export class BenchedFunction {
  readonly zip: LambdaZip;
  private readonly folder = mkdtempSync(join(tmpdir(), 'searchgate-bench-'));
  private readonly local: LambdaFunction;

  /** @param entry the TypeScript file, bundled as for the deployment. */
  constructor(entry: string, handler: string, environment: Readonly<Record<string, string>>) {
    this.zip = bundleLambda(entry);
    const preload = join(this.folder, 'pid.cjs');
    writeFileSync(preload, `require('node:fs').writeFileSync(${JSON.stringify(this.pidFile)}, String(process.pid));`);
    this.local = new LambdaFunction({
      name: 'bench',
      arn: 'arn:aws:lambda:us-east-1:123456789012:function:bench',
      zip: this.zip.bytes,
      handler,
      environment: { ...environment, NODE_OPTIONS: `--require=${preload}` },
      timeoutSeconds: 60,
      memory: 256,
      sandboxes: 1,
      freeze: false,
      log: ({ text }) => process.stderr.write(`${text}\n`),
    });
  }

  /** Sends an event; gives the bytes of the answer, and the milliseconds until the first of its body (all before is the prelude). */
  async invoke(event: object): Promise<{ bytes: number; firstByte: number }> {
    const began = performance.now();
    const answer = await this.local.invoke(Buffer.from(JSON.stringify(event)));
    let bytes = 0;
    let firstByte = Number.NaN;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (Number.isNaN(firstByte) && bytes > 1024) firstByte = performance.now() - began;
    }
    return { bytes, firstByte };
  }

  /** So many requests one after the other, as Lambda gives them to a process. */
  async pace(event: object, count: number, expected: number): Promise<Pace> {
    const processor = this.processorTime();
    const began = performance.now();
    for (let number = 0; number < count; number += 1) {
      const { bytes } = await this.invoke(event);
      if (bytes < expected) throw new Error(`an answer of ${bytes} bytes where ${expected} were asked for`);
    }
    const rate = (count * 1000) / (performance.now() - began);
    return { rate, processor: (this.processorTime() - processor) / count };
  }

  /** Milliseconds of processor time of all its threads so far, to the nanosecond; 0 before the first request. */
  private processorTime(): number {
    if (!tellsUsage || !existsSync(this.pidFile)) return 0;
    const tasks = `/proc/${this.pid()}/task`;
    const nanoseconds = readdirSync(tasks).map((task) => {
      const [running] = readFileSync(join(tasks, task, 'schedstat'), 'utf8').split(' ');
      return Number(running);
    });
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  }

  /** MB in memory now, and at most since `forgetPeak`. */
  memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.pid()}/status`, 'utf8');
    const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    return { now: read('VmRSS'), peak: read('VmHWM') };
  }

  forgetPeak(): void {
    writeFileSync(`/proc/${this.pid()}/clear_refs`, '5');
  }

  async close(): Promise<void> {
    await this.local.close();
    await wait(10);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get pidFile(): string {
    return join(this.folder, 'pid');
  }

  private pid(): number {
    return Number(readFileSync(this.pidFile, 'utf8'));
  }
}

/** Whether the machine tells processor time and memory of another process. */
export const tellsUsage = existsSync('/proc/self/clear_refs') && existsSync('/proc/self/schedstat');
