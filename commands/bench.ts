import { benchForwarder } from '../bench/forwarder';
import { readFlags, runCommand } from './terminal';

const help = `
npm run bench

Measures the forwarder in a local Lambda, beside a floor (as little as can forward) and a peer (gather everything, base64).
A figure is the median of interleaved rounds, with the interval that holds the true median with 95 % probability. Takes some minutes; wants
a machine that does nothing else.
`;

void runCommand(async () => {
  readFlags(help, {});
  console.log(`Node ${process.version}\n`);
  await benchForwarder(({ what, figure, goal }) =>
    console.log(`${what.padEnd(56)} ${figure.padEnd(36)} ${goal}`.trimEnd()),
  );
  return 0;
});
