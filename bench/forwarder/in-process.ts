/*
 * Measures handlers of several bundles in one process, which is this file's own: requests go to each in turn, one at a time. Standard input
 * is what to measure, and what came of it goes to the file descriptor 3, both JSON.
 */
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { estimate, interleaved } from '../statistics';
import { asking, KB } from './function';

/** What to measure. */
export interface Candidates {
  /** Files of bundled code, by name. */
  readonly bundles: Readonly<Record<string, string>>;
  readonly rounds: number;
  /** Seconds after which no round begins. */
  readonly seconds: number;
  /** Requests for each candidate in a round. */
  readonly requests: number;
}

/** Milliseconds that one request of a candidate took, in each round the median. */
export type Latencies = Readonly<Record<string, readonly number[]>>;

type Handler = (event: object, out: Writable, context: object) => Promise<void>;

class Answer extends Writable {
  bytes = 0;
  setContentType(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytes += chunk.length;
    done();
  }
}

const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 30_000 };

/** Milliseconds until the whole answer is out. */
async function ask(handler: Handler): Promise<number> {
  const out = new Answer();
  const began = performance.now();
  await handler(asking(KB), out, context);
  const took = performance.now() - began;
  if (out.bytes < KB) throw new Error(`an answer of ${out.bytes} bytes where ${KB} were asked for`);
  return took;
}

async function main(): Promise<void> {
  const { bundles, rounds, seconds, requests }: Candidates = JSON.parse(await text(process.stdin));
  Object.assign(globalThis, { awslambda: { streamifyResponse: (handler: Handler) => handler } });
  const handlers = Object.entries(bundles).map(([name, file]) => [name, require(file).streaming as Handler] as const);
  const round = async (count: number): Promise<Record<string, number>> => {
    const times = new Map<string, number[]>(handlers.map(([name]) => [name, []]));
    for (let request = 0; request < count; request += 1) {
      for (const [name, handler] of handlers) times.get(name)?.push(await ask(handler));
      handlers.push(...handlers.splice(0, 1)); // each comes first as often, and after each other as often
    }
    return Object.fromEntries([...times].map(([name, taken]) => [name, estimate(taken).median]));
  };
  for (const end = performance.now() + 1000 * (seconds / 5); performance.now() < end; ) await round(requests); // warms all up
  const { all } = await interleaved({ all: () => round(requests) }, { rounds, seconds });
  const latencies = Object.fromEntries(handlers.map(([name]) => [name, all.map((each) => each[name] ?? Number.NaN)]));
  writeSync(3, JSON.stringify(latencies));
  process.exit();
}

void main();
