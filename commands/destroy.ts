import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { missingTools } from '../local/machine';
import { passOnSignals } from '../local/process-group';
import { synthesize } from '../local/rehearsal/deployment';
import { Progress } from '../local/rehearsal/progress';
import { destroy, stacksInOrder } from '../local/terraform/cdktf';
import { isEmulated, workspaceFor } from '../local/terraform/workspace';
import { loadSettings, type Settings } from '../settings';
import { readFlags, runCommand, UserError } from './terminal';

const help = `
npm run destroy: takes down what can be made anew, in the right order. What holds data or is shared stays and is named.

  --yes                      do not ask
  --output DIR               another folder than cdktf.out
  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
`;

/** Stacks that a destroy leaves alone, each with the reason and what it takes to be rid of it all the same. */
const staying: Readonly<Record<string, { holds: string; purge: string }>> = {
  storage: {
    holds: 'the data volume and the snapshot bucket',
    purge: 'empty and delete the bucket, delete the volume',
  },
  account: {
    holds: "API Gateway's logging role, which the account shares in this region, and the topic of the alarms",
    purge: 'where no other API logs, unset and delete the role; delete the topic',
  },
};

void runCommand(async () => {
  const { values } = readFlags(help, {
    yes: { type: 'boolean' },
    output: { type: 'string', default: 'cdktf.out' },
  });
  passOnSignals();
  const { settings } = loadSettings();
  for (const { tool, advice } of missingTools(['terraform'])) throw new UserError(`${tool} is missing: ${advice}`);
  const progress = new Progress();
  const synth = resolve(values.output ?? 'cdktf.out');
  await progress.step('synth', () => synthesize(synth));
  const { output, environment } = await workspaceFor(synth, {
    folder: resolve('.rehearsal', 'commands', basename(synth)),
    name: 'destroy',
    region: settings.region,
  });
  const stacks = stacksInOrder(output);
  const going = stacks.filter((stack) => staying[stack] === undefined).reverse();
  const where = isEmulated(process.env)
    ? `the emulated AWS at ${process.env.AWS_ENDPOINT_URL}`
    : `AWS, ${settings.region}`;
  progress.line(`\n  Goes:  ${going.join(', ')} of "${settings.name}" in ${where}`);
  progress.line(`  Stays: ${[...stacks.filter((stack) => staying[stack] !== undefined), 'state'].join(', ')}\n`);
  if (values.yes !== true && !(await confirmed(settings.name))) {
    progress.line('  Nothing was destroyed.');
    return 1;
  }
  await progress.step('cdktf destroy', (say) =>
    destroy(going, {
      output,
      environment,
      log: join(output, 'destroy.log'),
      progress: ({ stack, resources, seconds, result }) => {
        say(`${stack}, ${resources} resources`);
        if (result !== undefined)
          progress.line(`      ${stack.padEnd(14)} ${result.padEnd(64)} ${seconds.toFixed(1).padStart(6)} s`);
      },
    }),
  );
  tellWhatStays(progress, settings, stacks);
  return 0;
});

async function confirmed(name: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UserError('There is no terminal to ask at: say --yes if you mean it.');
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question(`  Type the name "${name}" to go on: `);
  asking.close();
  return answer.trim() === name;
}

function tellWhatStays(progress: Progress, settings: Settings, stacks: readonly string[]): void {
  const rows = stacks.flatMap((stack) => {
    const stays = staying[stack];
    return stays === undefined ? [] : [[stack, stays.holds, `to purge: ${stays.purge}`]];
  });
  progress.table('Stays', [
    ...rows,
    ['state', `the bucket ${settings.state.bucket}`, 'to purge: at last, empty it with all versions and delete it'],
  ]);
  progress.line('\n  docs/runbook.md, Purge, has the commands.');
}
