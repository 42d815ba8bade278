import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { zipSync } from 'fflate';
import { LambdaFunction, type LambdaFunctionOptions } from '../../../local/lambda/lambda-function';
import type { FunctionLogLine } from '../../../local/lambda/sandbox';

/** A zip with one file, `index.js`. */
export function zipOf(source: string): Uint8Array {
  return zipSync({ 'index.js': Buffer.from(source) });
}

/** Functions of one test file, ended together. */
export class FunctionRig {
  private readonly functions: LambdaFunction[] = [];
  private readonly handlers = zipOf(readFileSync(join(__dirname, 'handlers.js'), 'utf8'));

  /** One of `handlers.js`, or of another source. */
  open(handler: string, options: Partial<LambdaFunctionOptions> = {}): OpenFunction {
    const lines: FunctionLogLine[] = [];
    const lambda = new LambdaFunction({
      name: 'test',
      arn: 'arn:aws:lambda:us-east-1:123456789012:function:test',
      zip: this.handlers,
      handler: `index.${handler}`,
      environment: {},
      timeoutSeconds: 10,
      log: (line) => lines.push(line),
      ...options,
    });
    this.functions.push(lambda);
    return new OpenFunction(lambda, lines);
  }

  async stop(): Promise<void> {
    await Promise.all(this.functions.map((lambda) => lambda.close()));
  }
}

export class OpenFunction {
  constructor(
    readonly lambda: LambdaFunction,
    readonly lines: readonly FunctionLogLine[],
  ) {}

  invoke(event: unknown = {}, options: { signal?: AbortSignal } = {}): Promise<Readable> {
    return this.lambda.invoke(Buffer.from(JSON.stringify(event)), options);
  }

  async text(event: unknown = {}): Promise<string> {
    return (await whole(await this.invoke(event))).toString();
  }

  // biome-ignore lint/suspicious/noExplicitAny: results are looked at, not worked with
  async json(event: unknown = {}): Promise<any> {
    return JSON.parse(await this.text(event));
  }

  /** Waits for a line that holds the text. */
  async said(text: string): Promise<string> {
    return eventually(() => this.lines.find((line) => line.text.includes(text))?.text);
  }
}

export async function whole(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Waits until there is something. */
export async function eventually<Value>(find: () => Value | undefined): Promise<Value> {
  for (const deadline = Date.now() + 15_000; ; ) {
    const found = find();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`never came: ${find}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
