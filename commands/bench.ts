import { cpus, loadavg } from 'node:os';
import { benchForwarder } from '../bench/forwarder';
import { usedByOthers } from '../bench/machine';
import { readFlags, runCommand } from './terminal';

const help = `
npm run bench

Measures the forwarder in a local Lambda, beside a floor (as little as can forward) and two peers (gather everything,
base64; the proxy of a web framework). A figure is the median of short interleaved rounds, compared round by round, with the interval that
holds the true median with 95 % probability. Takes two to four minutes; wants a machine that does nothing else.
`;

void runCommand(async () => {
  readFlags(help, {});
  const before = await usedByOthers();
  console.log(`Node ${process.version}, ${new Date().toISOString().slice(0, 16)}Z, ${machine(before)} before\n`);
  await benchForwarder(({ what, figure, goal }) =>
    console.log(`${what.padEnd(56)} ${figure.padEnd(36)} ${goal}`.trimEnd()),
  );
  const after = await usedByOthers();
  console.log(`\n${machine(after)} after`);
  if (Math.max(before, after) > 0.1) {
    console.log(
      'The machine was busy with other work: times are too long, and ratios differ more between runs than their intervals say.',
    );
  }
  return 0;
});

function machine(used: number): string {
  const load = loadavg()[0] ?? 0;
  return `load ${load.toFixed(1)} on ${cpus().length} processors, ${Math.round(100 * used)} % of them used by others`;
}
