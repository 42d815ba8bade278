/*
 * A process of its own for what one process goes through in its life: run by endurance.test.ts, with --expose-gc. It sends as many
 * requests as its argument says, sound ones and broken ones, and prints what it has come to. An unhandled rejection ends it.
 */
import { gatewayEvent } from './events';
import { StandInResponseStream } from './response-stream';
import { Rig } from './rig';

export interface Report {
  /** How often each status came; 0 where the answer broke off or the client left. */
  statuses: Record<number, number>;
  /** Bytes of heap in use after the first tenth and at the end, and what else holds memory outside the heap. */
  heap: { early: number; late: number };
  external: { early: number; late: number };
  /** Sockets, timers and the like that were open then. */
  resources: { early: number; late: number };
}

const total = Number(process.argv[2]);

async function main(): Promise<void> {
  const rig = Rig.start();
  const origin = await rig.https((request, response) => {
    request.resume();
    if (request.url === '/reset') response.destroy();
    else if (request.url === '/half') response.write('half', () => response.destroy());
    else if (request.url === '/endless') response.write('begun');
    else response.setHeader('set-cookie', ['a=1', 'b=2']).end('{"took":1}');
  });
  const forwarder = rig.forwarder(origin.port);
  const statuses: Record<number, number> = {};
  const one = async (number: number) => {
    const path = { 1: '/reset', 2: '/half', 3: '/endless' }[number % 40] ?? '/notes/_search';
    const mode = number % 2 === 0 && path !== '/endless' ? 'buffered' : 'streaming';
    const event = gatewayEvent({
      method: number % 3 === 0 ? 'POST' : 'GET',
      path,
      body: number % 3 === 0 ? '{}' : null,
    });
    let status = 0;
    if (mode === 'buffered') status = (await forwarder.send(mode, event)).status;
    else {
      const leaves = path === '/endless';
      const out = new StandInResponseStream((_chunk, ready) => (leaves ? out.destroy() : ready()));
      const done = await forwarder.streaming(event, out).then(
        () => !leaves,
        () => false,
      );
      if (done) status = out.answer().status;
    }
    statuses[status] = (statuses[status] ?? 0) + 1;
    forwarder.takeLog();
  };
  const measure = async () => {
    await new Promise((settled) => setTimeout(settled, 50));
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return { heap: heapUsed, external, resources: process.getActiveResourcesInfo().length };
  };

  for (let number = 0; number < total / 10; number += 1) await one(number);
  const early = await measure();
  for (let number = 0; number < total; number += 1) await one(number);
  const late = await measure();
  await rig.stop();
  const both = (key: 'heap' | 'external' | 'resources') => ({ early: early[key], late: late[key] });
  const report: Report = { statuses, heap: both('heap'), external: both('external'), resources: both('resources') };
  process.stdout.write(JSON.stringify(report));
}

void main();
