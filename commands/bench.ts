import { cpus, loadavg } from 'node:os';
import { benchForwarder } from '../bench/forwarder';
import { benchAgainst } from '../bench/forwarder/against';
import { benchConcurrency } from '../bench/forwarder/concurrency';
import { usedByOthers } from '../bench/machine';
import type { Figure } from '../bench/statistics';
import { readFlags, runCommand, UserError } from './terminal';

const help = `
npm run bench [-- concurrency | -- against COMMIT]

Measures the forwarder in a local Lambda, beside a floor (as little as can forward) and two peers (gather everything,
base64; the proxy of a web framework). A figure is the median of short interleaved rounds, compared round by round, with the interval that
holds the true median with 95 % probability. Takes two to four minutes; wants a machine that does nothing else.

  concurrency        measures what a request costs the forwarder, and simulates how many a second doors carry by the concurrency
                     of their functions, when at most one in a thousand may be refused; one to five minutes
  against COMMIT     the forwarder beside itself at another commit: its zip, and small answers; two minutes
`;

type Bench = (show: (figure: Figure) => void) => Promise<void>;

function chosen([what, commit, ...further]: readonly string[]): Bench {
  if (what === undefined) return benchForwarder;
  if (what === 'concurrency' && commit === undefined) return benchConcurrency;
  if (what === 'against' && commit !== undefined && further.length === 0) return (show) => benchAgainst(commit, show);
  throw new UserError(
    `${[what, commit, ...further].join(' ').trim()}: concurrency, against COMMIT, or nothing\n\n${help.trim()}`,
  );
}

void runCommand(async () => {
  const bench = chosen(readFlags(help, {}).positionals);
  const before = await usedByOthers();
  console.log(`Node ${process.version}, ${new Date().toISOString().slice(0, 16)}Z, ${machine(before)} before\n`);
  await bench(({ what, figure, goal }) => console.log(`${what.padEnd(56)} ${figure.padEnd(36)} ${goal}`.trimEnd()));
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
