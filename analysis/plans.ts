import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { planStack } from '../delivery/plan-stacks';
import { clientOptions, seedAccount } from '../local/emulator/account';
import { startEmulator } from '../local/emulator/emulator';
import { readStacks } from '../local/terraform/configuration';
import { copyModules } from '../local/terraform/module-copy';
import { terraform } from '../local/terraform/terraform';
import { emulatedWorkspace } from '../local/terraform/workspace';
import type { Settings } from '../settings';

/** The stacks of which there is no module. All others wait for one another; their resources are in the modules' plan. */
const withoutModule: readonly string[] = ['state', 'account', 'delivery'];

/**
 * Plans what settings make against an empty emulated AWS: the modules' example, with every resource of every module, and the stacks
 * that have no module. All defaults are filled in. Keys and certificates are stand-ins, and what only younger providers know is left
 * out where Terraform runs with an older one.
 *
 * @param python an interpreter that has moto
 * @param modules as they were written from the settings
 * @param synth the synth of the same settings
 * @param folder for copies, the installation and logs
 * @param into gets `example/plan.json` and `STACK/plan.json`: what `terraform show -json` says
 */
export async function planEverything(
  settings: Settings,
  { python, modules, synth, folder, into }: Record<'python' | 'modules' | 'synth' | 'folder' | 'into', string>,
): Promise<void> {
  const emulator = await startEmulator(python);
  try {
    const { region, domain, state } = settings;
    const { endpoint } = emulator;
    const hostedZone = { given: domain.zoneId, seeded: await seedAccount(endpoint, { region, domain: domain.name }) };
    const s3 = new S3Client({ ...clientOptions(endpoint, region), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: state.bucket }));
    s3.destroy();
    const workspace = await emulatedWorkspace(synth, { folder, name: 'stacks', endpoint, region, hostedZone });
    const run = { ...workspace, log: join(folder, 'log') };
    const keep = (name: string, plan: string) => {
      mkdirSync(join(into, name), { recursive: true });
      writeFileSync(join(into, name, 'plan.json'), plan);
    };

    const stacks = readStacks(synth);
    for (const stack of withoutModule.filter((name) => stacks.has(name))) {
      const outcome = await planStack(stack, run, { folder: join(folder, 'plans'), lock: false });
      if (!('plan' in outcome)) throw new Error(`no plan of ${stack}: ${JSON.stringify(outcome)}`);
      keep(stack, readFileSync(join(folder, 'plans', `${stack}.json`), 'utf8'));
    }

    const copy = join(folder, 'modules');
    const certificates = stacks.get('certificates') ?? {};
    copyModules(modules, copy, { certificates, folder: join(folder, 'certificates') });
    const example = { ...run, folder: join(copy, 'example') };
    await terraform(['init', '-input=false'], example);
    await terraform(['plan', '-input=false', '-out=tfplan'], example);
    keep('example', (await terraform(['show', '-json', 'tfplan'], example)).output);
  } finally {
    await emulator.stop();
  }
}
