import { join } from 'node:path';
import { gatewayEvent } from '../../__tests__/lambda-src/forwarder/events';
import { estimate, type Figure, formatted, interleaved } from '../statistics';
import { carriedRate } from './door-simulation';
import { asking, BenchedFunction, KB, tellsUsage } from './function';
import { startOrigin } from './origin-process';

/** What 256 MB have of a processor: Lambda gives a whole one at 1,769 MB. */
const share = 256 / 1769;
/** Bytes of the largest bulk: as base64 in an event just under 6 MB. */
const bulkSize = 4_400_000;
const mostRefused = 0.001;

/**
 * Measures what a request costs the forwarder in processor time, here, and simulates doors of several concurrencies with it: how many
 * requests a second they carry while they refuse at most one in a thousand.
 */
export async function benchConcurrency(show: (figure: Figure) => void): Promise<void> {
  if (!tellsUsage) throw new Error('this machine does not tell the processor time of another process');
  const origin = await startOrigin();
  const entry = join(__dirname, '../../lambda-src/forwarder/index.ts');
  const forwarder = new BenchedFunction(entry, 'index.streaming', origin.environment);
  const bulk = gatewayEvent({
    method: 'POST',
    path: `/${KB}`,
    headers: [['Content-Type', 'application/x-ndjson']],
    body: Buffer.alloc(bulkSize, '{"index":{}}\n{"value":1}\n'),
  });
  try {
    const kinds = {
      small: () => forwarder.pace(asking(KB), 40, KB),
      bulk: () => forwarder.pace(bulk, 2, KB),
    };
    await interleaved(kinds, { rounds: 15, seconds: 10 }); // warms up
    const paces = await interleaved(kinds, { rounds: 101, seconds: 240 });
    for (const [kind, what, bytes, waits] of [
      ['small', 'small answers', 0, [5, 50]],
      ['bulk', 'bulks of 4.4 MB', bulkSize, [200, 1000]],
    ] as const) {
      const costs = paces[kind].map(({ processor }) => processor);
      const rounds = `${costs.length} rounds`;
      show({ what: `${what}, processor time each, here`, figure: `${formatted(estimate(costs))} ms`, goal: rounds });
      for (const wait of waits)
        for (const concurrency of [10, 100, 1000])
          show({
            what: `${what}, ${wait} ms at the nodes, ${concurrency} at once`,
            figure: carried(costs, wait, concurrency, bytes),
            goal: '',
          });
    }
  } finally {
    await forwarder.close();
    await origin.close();
  }
}

/** @param wait milliseconds on average that a node takes, drawn from an exponential distribution */
function carried(costs: readonly number[], wait: number, concurrency: number, bytes: number): string {
  const duration = (random: () => number) =>
    (costs[Math.floor(random() * costs.length)] ?? 0) / share - Math.log(1 - random()) * wait;
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length / share + wait;
  const rate = carriedRate({ concurrency, duration }, mean, mostRefused);
  const volume = bytes === 0 ? '' : `, ${((rate * bytes) / 1e6).toFixed(0)} MB/s`;
  return `${rate.toFixed(rate < 100 ? 1 : 0)} a second${volume}`;
}
