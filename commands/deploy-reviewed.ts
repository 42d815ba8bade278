import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deployReviewed } from '../delivery/deploy-reviewed';
import { stacksToPlan } from '../delivery/plan-stacks';
import { passOnSignals } from '../local/process-group';
import { workspaceFor } from '../local/terraform/workspace';
import { loadSettings } from '../settings';
import { readFlags, runCommand, UserError } from './terminal';

const help = `
npm run deploy-reviewed -- --reviewed DIR: plans every stack of a synth again, in order, and applies it when it does what the reviewed
plan does. Stops with exit code 3 at the first stack that would do anything else; what was deployed before it stays. The certificates
stack is left to people. Run again, it goes on where it stopped.

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --synth DIR                the very synth that was reviewed, with its zips (default cdktf.out)
  --reviewed DIR             the reviewed plans, STACK.json, as npm run plan wrote them
  --output DIR               where the plans made now go (default plans)
`;

void runCommand(async () => {
  passOnSignals();
  const { values } = readFlags(help, {
    synth: { type: 'string', default: 'cdktf.out' },
    reviewed: { type: 'string' },
    output: { type: 'string', default: 'plans' },
  });
  const { synth = 'cdktf.out', reviewed, output = 'plans' } = values;
  const mistakes = [
    ...(existsSync(join(synth, 'manifest.json')) ? [] : [`${synth} holds no synth: npm run synth makes one`]),
    ...(reviewed === undefined
      ? ['--reviewed DIR is missing']
      : existsSync(reviewed)
        ? []
        : [`${reviewed} is not there`]),
  ];
  if (reviewed === undefined || mistakes.length > 0) throw new UserError(mistakes.join('\n'));
  const { settings } = loadSettings();
  const workspace = await workspaceFor(synth, {
    folder: '.rehearsal',
    name: 'deploy-reviewed',
    region: settings.region,
  });
  const results = await deployReviewed(
    stacksToPlan(synth),
    { output: workspace.output, environment: workspace.environment, log: resolve(output, 'terraform.log') },
    {
      reviewed: resolve(reviewed),
      folder: resolve(output),
      tell: ({ stack, outcome, differences }) => {
        console.log(
          `  ${stack}: ${outcome === 'departed' ? 'would do what nobody has reviewed, so it is not applied' : outcome}`,
        );
        for (const difference of differences) console.log(`    ${difference}`);
      },
    },
  );
  return results.some(({ outcome }) => outcome === 'departed') ? 3 : 0;
});
