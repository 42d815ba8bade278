import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { builtHere, missingTools } from '../local/machine';
import { readStacks, writeStack } from '../local/terraform/configuration';
import { shapeOf } from '../modules/shape';
import { moduleCalls, writeModules } from '../modules/write';
import type { Settings } from '../settings';
import { synthesizeEveryStack } from '../stacks/every-stack';
import { type Accepted, acceptedInModules, acceptedInStacks, asCalled, besideResources } from './accepted';
import { checkov } from './checkov';
import type { Analysis, Finding } from './findings';
import { planEverything } from './plans';
import { moduleFolders, stackFolders, tflintFindings } from './tflint';

/** A look that not every machine can take. */
export type Look = 'tflint' | 'plans';

export interface Place {
  /** An interpreter that has checkov. */
  readonly python: string;
  /** One that has moto, for the plan; asked for where Terraform is. */
  readonly emulatorPython: () => Promise<string>;
  /** An empty folder. */
  readonly folder: string;
  /** Gets a line for each look, and for each that is left out, with what it takes. */
  readonly tell: (line: string) => void;
}

/**
 * Looks at everything that settings make, stacks and modules, with every tool that is here: as it is written, and as Terraform plans it,
 * since checkov passes what it cannot work out.
 *
 * @returns the findings, those that checkov left out for a module's comment, what is accepted in stacks and in modules, and which looks
 * were skipped for what this machine lacks
 */
export async function analyseEverything(
  settings: Settings,
  { python, emulatorPython, folder, tell }: Place,
): Promise<{
  findings: Finding[];
  leftOut: Finding[];
  stacks: Accepted[];
  modules: Accepted[];
  skipped: Look[];
}> {
  const [stacks, written] = [join(folder, 'stacks'), join(folder, 'written')];
  const modules = join(written, 'modules');
  mkdirSync(stacks);
  synthesizeEveryStack(settings, stacks);
  writeModules(settings, modules);
  const calls = [...moduleCalls(settings, shapeOf(settings)), { name: 'example', module: 'example' }];
  const accepted = {
    stacks: [...acceptedInStacks(stacks), ...besideResources],
    modules: acceptedInModules(modules, calls),
  };
  const findings: Finding[] = [];
  const gather = (what: string, { passed, findings: found, leftOut }: Analysis) => {
    const commented = leftOut.length === 0 ? '' : `, ${leftOut.length} left out by comment`;
    tell(`checkov: ${what}, ${passed} checks passed, ${found.length} findings${commented}`);
    findings.push(...found);
  };

  const withoutTflint = missingTools(['tflint']);
  if (withoutTflint.length === 0) {
    const folders = { ...stackFolders(stacks), ...moduleFolders(modules) };
    const found = await tflintFindings(builtHere('tflint'), folders);
    tell(`tflint: ${Object.keys(folders).length} stacks and modules, ${found.length} findings`);
    findings.push(...found);
  }
  const withoutPlan = missingTools(['terraform', 'aws-provider', 'python', 'openssl']);
  if (withoutPlan.length === 0) {
    const planned = join(folder, 'planned');
    const place = { modules, synth: stacks, folder: join(folder, 'planning'), into: planned };
    await planEverything(settings, { python: await emulatorPython(), ...place });
    gather('plans', await checkov(python, planned, 'terraform_plan'));
  }
  const lacking: [Look, typeof withoutPlan][] = [
    ['tflint', withoutTflint],
    ['plans', withoutPlan],
  ];
  const skipped = lacking.filter(([, missing]) => missing.length > 0);
  for (const [look, missing] of skipped) tell(`skipped: ${look} (${missing.map(({ advice }) => advice).join('; ')})`);

  withoutTerraformBlocks(stacks);
  gather('stacks', await checkov(python, stacks, 'terraform_json'));
  // The example is wiring only, and checkov would follow it into every module once more.
  rmSync(join(modules, 'example'), { recursive: true });
  const inModules = await checkov(python, written, 'terraform');
  gather('modules', inModules);
  const leftOut = inModules.leftOut.flatMap((finding) => {
    const [module = '', name = ''] = finding.resource.split(':');
    return asCalled(module, name, calls).map((resource) => ({ ...finding, resource }));
  });
  return { findings, leftOut, ...accepted, skipped: skipped.map(([look]) => look) };
}

/** Takes a synth's `terraform` blocks away: checkov stumbles over `required_version`, and reads nothing of a file where it stumbles. */
function withoutTerraformBlocks(synth: string): void {
  for (const [stack, { terraform: _, ...configuration }] of readStacks(synth)) writeStack(synth, stack, configuration);
}
