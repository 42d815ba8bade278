import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { unzipSync } from 'fflate';
import { EventTooLarge, Throttled } from './function-error';
import { payloadLimit } from './runtime-api';
import { type FunctionLogLine, Sandbox } from './sandbox';

export interface LambdaFunctionOptions {
  readonly name: string;
  readonly arn: string;
  /** The zip's bytes. */
  readonly zip: Uint8Array;
  /** `FILE.EXPORT` */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** MB. It bounds the heap, not the whole process. @default 128 */
  readonly memory?: number;
  readonly region?: string;
  /** Requests at once; one more is refused. @default no limit */
  readonly reservedConcurrency?: number;
  /** Sandboxes at once; where all are busy requests wait. @default 16 */
  readonly sandboxes?: number;
  /** Stop a sandbox's process between invocations, as Lambda does. @default true, but on Windows */
  readonly freeze?: boolean;
  readonly log?: (line: FunctionLogLine) => void;
}

/** A Lambda function on this machine: sandboxes that come when they are needed and run one invocation at a time each. */
export class LambdaFunction {
  private readonly codeFolder: string;
  private readonly sandboxes = new Set<Sandbox>();
  private readonly idle: Sandbox[] = [];
  private readonly waiting: (() => void)[] = [];
  private underWay = 0;
  private closed = false;

  constructor(private readonly options: LambdaFunctionOptions) {
    this.codeFolder = mkdtempSync(join(tmpdir(), 'searchgate-function-'));
    for (const [name, bytes] of Object.entries(unzipSync(options.zip))) {
      const file = join(this.codeFolder, name);
      mkdirSync(dirname(file), { recursive: true });
      if (!name.endsWith('/')) writeFileSync(file, bytes);
    }
  }

  /**
   * Runs the function once.
   *
   * @returns what it answers, as it comes: a streaming handler's bytes, or a buffered one's result as JSON. Destroying it ends the
   *   connection that the function writes to, and so does the signal. (Lambda itself lets a function run on unheard; here it
   *   learns that nobody listens, so that nothing outlives a client on one's own machine.)
   * @throws FunctionError, Throttled, EventTooLarge
   */
  async invoke(event: Buffer, options: { signal?: AbortSignal; traceId?: string } = {}): Promise<Readable> {
    if (event.length > payloadLimit) throw new EventTooLarge(`the event has ${event.length} bytes`);
    if (this.underWay >= (this.options.reservedConcurrency ?? Number.POSITIVE_INFINITY)) throw new Throttled();
    this.underWay += 1;
    try {
      const sandbox = await this.sandbox();
      const body = await sandbox.invoke(event, options);
      body.once('close', () => {
        this.underWay -= 1;
      });
      return body;
    } catch (error) {
      this.underWay -= 1;
      throw error;
    }
  }

  /** Ends every sandbox and removes the unpacked code. */
  async close(): Promise<void> {
    this.closed = true;
    for (const wake of this.waiting.splice(0)) wake();
    await Promise.all([...this.sandboxes].map((sandbox) => sandbox.end()));
    rmSync(this.codeFolder, { recursive: true, force: true });
  }

  /** How many sandboxes there are. */
  get size(): number {
    return this.sandboxes.size;
  }

  /** A sandbox that waits for an invocation: the one used last, or a new one. */
  private async sandbox(): Promise<Sandbox> {
    for (;;) {
      if (this.closed) throw new Error('the function is closed');
      const idle = this.idle.pop();
      if (idle !== undefined) return idle;
      // A sandbox that has just answered is free a moment later: until then a request waits and is not refused.
      const { sandboxes = 16, reservedConcurrency = sandboxes } = this.options;
      if (this.sandboxes.size < Math.min(sandboxes, reservedConcurrency)) return this.startSandbox();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private async startSandbox(): Promise<Sandbox> {
    let loaded = false;
    const { name, arn, handler, environment, timeoutSeconds, memory = 128, region = 'us-east-1' } = this.options;
    const sandbox = new Sandbox(
      {
        codeFolder: this.codeFolder,
        functionArn: arn,
        timeoutMilliseconds: timeoutSeconds * 1000,
        memory,
        freeze: (this.options.freeze ?? true) && process.platform !== 'win32',
        log: this.options.log ?? (() => undefined),
        environment: {
          PATH: process.env.PATH ?? '',
          LANG: 'en_US.UTF-8',
          TZ: ':UTC',
          AWS_REGION: region,
          AWS_DEFAULT_REGION: region,
          AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
          AWS_LAMBDA_FUNCTION_NAME: name,
          AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${memory}`,
          AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
          AWS_LAMBDA_LOG_STREAM_NAME: 'local',
          AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
          _HANDLER: handler,
          ...environment,
        },
      },
      (freed) => {
        // The first time it is free for the one who started it.
        if (loaded) this.release(freed);
        loaded = true;
      },
      (gone) => {
        this.sandboxes.delete(gone);
        const index = this.idle.indexOf(gone);
        if (index >= 0) this.idle.splice(index, 1);
        this.waiting.shift()?.();
      },
    );
    this.sandboxes.add(sandbox);
    await sandbox.ready;
    return sandbox;
  }

  private release(sandbox: Sandbox): void {
    this.idle.push(sandbox);
    this.waiting.shift()?.();
  }
}
