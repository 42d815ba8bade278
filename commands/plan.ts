import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { planStacks, type StackOutcome, stacksToPlan, synthDigest } from '../delivery/plan-stacks';
import { distrust } from '../delivery/trusted-synth';
import { workspaceFor } from '../local/terraform/workspace';
import { effectOf, managedChanges } from '../plan-review/plan';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run plan: terraform plan for every stack of a synth, in the order of their dependencies, but for certificates, which only people
plan. Writes STACK.tfplan and STACK.json (terraform show -json) for each, and a file "waits" with those that another stack keeps
waiting, and STACK.failure where Terraform would not plan, which ends with 1. Changes nothing, and takes no lock. Plans hold secrets: keep them as you keep the state.

  npm run plan -- --output plans && npm run plan-review -- plans/*.json

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --synth DIR                the synth (default cdktf.out; npm run synth makes it)
  --baseline DIR             another synth: only stacks that differ from it are planned
  --output DIR               where the plans go (default plans)
  --distrust                 refuse a synth that would run anything but the project's own providers, for one that nobody has reviewed
  --digest                   print the synth's digest and do no more
`;

void runCommand(async () => {
  const { values } = readFlags(help, {
    synth: { type: 'string', default: 'cdktf.out' },
    baseline: { type: 'string' },
    output: { type: 'string', default: 'plans' },
    distrust: { type: 'boolean', default: false },
    digest: { type: 'boolean', default: false },
  });
  const { synth = 'cdktf.out', baseline, output = 'plans' } = values;
  for (const folder of [synth, ...(baseline === undefined ? [] : [baseline])]) {
    if (!existsSync(join(folder, 'manifest.json')))
      throw new UserError(`${folder} holds no synth: npm run synth makes one`);
  }
  if (values.digest === true) {
    console.log(synthDigest(synth));
    return 0;
  }
  const { settings } = loadSettings();
  if (values.distrust === true) {
    const complaints = distrust(synth, settings.state.bucket);
    if (complaints.length > 0) {
      throw new UserError(`Not planned with these credentials, since the synth has\n  ${complaints.join('\n  ')}`);
    }
  }
  rmSync(output, { recursive: true, force: true });
  const start = performance.now();
  const stacks = stacksToPlan(synth, baseline);
  const workspace = await workspaceFor(synth, { folder: '.rehearsal', name: 'plan', region: settings.region });
  const outcomes = await planStacks(
    stacks,
    { output: workspace.output, environment: workspace.environment, log: resolve(output, 'terraform.log') },
    {
      folder: resolve(output),
      lock: false,
      tell: (outcome) => console.log(`  ${outcome.stack}: ${described(outcome)}`),
    },
  );
  console.log(`${stacks.length} stacks, ${elapsed(start)}. Plans are in ${output}.`);
  return outcomes.some((outcome) => 'failure' in outcome) ? 1 : 0;
});

function described(outcome: StackOutcome): string {
  if ('waitsFor' in outcome) return `waits for ${outcome.waitsFor}`;
  if ('failure' in outcome) return `could not be planned\n${outcome.failure}`;
  const effects = managedChanges(outcome.plan).map(({ change }) => effectOf(change));
  const kinds = [...new Set(effects)].sort();
  if (kinds.length === 0) return 'nothing changes';
  return kinds.map((kind) => `${effects.filter((each) => each === kind).length} ${kind}`).join(', ');
}
