import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Accepted, acceptedInStacks, besideResources } from '../analysis/accepted';
import { checkov } from '../analysis/checkov';
import { analyseEverything } from '../analysis/everything';
import { compare, type Finding } from '../analysis/findings';
import { pythonEnvironment } from '../local/emulator/python-environment';
import { loadSettings, type Settings } from '../settings';
import { synthesizeEveryStack } from '../stacks/every-stack';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run analyse: checkov, and tflint where it is installed (.ci/install-tflint), over every stack and every module that the settings make:
as they are written, and as Terraform plans them, where it is installed, against an emulated AWS. Ends with 1 for a finding that its resource
does not accept with a reason (acceptFindings, in constructs/), and for an acceptance that nothing needs any more.

The first time it installs checkov, pinned and checked by hash, into .rehearsal/analysis (470 MB).

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/complete.json, where everything is on that makes resources). Acceptances are judged
                             with the default only: what one deployment does not need another may. With --plans the deployment's own
                             (default settings/example.json)
  --plans DIR                look at the plans that npm run plan wrote there (STACK.json) instead: what Terraform makes of the stacks, with
                             every default filled in. tflint reads no plans
  --reasons                  list what is accepted, and why
`;

/** What only plans of what is deployed show. */
const onlyDeployed = ['CKV_AWS_88 host:node_0_instance', 'CKV_AWS_70 power:state_bucket'];

void runCommand(async () => {
  const { values } = readFlags(help, { plans: { type: 'string' }, reasons: { type: 'boolean', default: false } });
  const start = performance.now();
  const tell = (line: string) => console.log(line);
  const own = process.env.SEARCHGATE_SETTINGS || undefined;
  const complete = resolve(__dirname, '../settings/complete.json');
  const { settings } = loadSettings(own ?? (values.plans === undefined ? complete : undefined));
  if (values.reasons === true) {
    printReasons(acceptedBy(settings));
    return 0;
  }
  const requirements = resolve(__dirname, '../analysis/requirements.txt');
  const python = await pythonEnvironment(resolve('.rehearsal/analysis'), tell, requirements);
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-analysis-'));
  try {
    if (values.plans !== undefined) {
      layOutPlans(resolve(values.plans), folder);
      const { passed, findings } = await checkov(python, folder, 'terraform_plan');
      tell(`checkov: plans, ${passed} checks passed, ${findings.length} findings`);
      // Plans may hold some stacks only; then nothing can be said of the acceptances for others.
      return verdict({ findings, accepted: acceptedBy(settings), needless: [] }, start);
    }
    const emulatorPython = () => pythonEnvironment(resolve('.rehearsal/venv'), tell);
    const { findings, leftOut, stacks, modules, skipped } = await analyseEverything(settings, {
      python,
      emulatorPython,
      folder,
      tell,
    });
    const needed = ({ check, resource }: Accepted) =>
      !onlyDeployed.includes(`${check} ${nameOf(resource)}`) &&
      (check.startsWith('CKV') || !skipped.includes('tflint'));
    const judged = own !== undefined || skipped.includes('plans') ? [] : stacks.filter(needed);
    const { needless } = compare([...findings, ...leftOut], judged);
    return verdict({ findings, accepted: [...stacks, ...modules], needless }, start);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What the stacks that settings make accept. */
function acceptedBy(settings: Settings): Accepted[] {
  const outdir = mkdtempSync(join(tmpdir(), 'searchgate-analysis-'));
  try {
    synthesizeEveryStack(settings, outdir);
    return [...acceptedInStacks(outdir), ...besideResources];
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Each check and reason once, with the resources that have it. */
function printReasons(accepted: readonly Accepted[]): void {
  const resources = new Map<string, string[]>();
  for (const { check, because, resource } of accepted) {
    const reason = `${check}  ${because}`;
    resources.set(reason, [...(resources.get(reason) ?? []), nameOf(resource)]);
  }
  for (const [reason, names] of [...resources].sort()) console.log(`${reason}\n  ${names.join(', ')}`);
}

function nameOf(resource: string | RegExp): string {
  return typeof resource === 'string' ? resource : resource.source;
}

/** What an analysis came to, beside what is accepted. */
interface Outcome {
  readonly findings: readonly Finding[];
  readonly accepted: readonly Accepted[];
  readonly needless: readonly Accepted[];
}

/** Prints what is open, and which acceptances nothing needs. Returns the exit code. */
function verdict({ findings, accepted, needless }: Outcome, start: number): number {
  const { open } = compare(findings, accepted);
  for (const { check, name, resource } of open) console.log(`${check}  ${resource}  ${name}`);
  for (const { check, resource } of needless)
    console.log(`${check}  ${nameOf(resource)}  is accepted, but nothing needs it`);
  console.log(
    `${findings.length - open.length} findings accepted with a reason, ${open.length} open, ${elapsed(start)}.`,
  );
  return open.length + needless.length === 0 ? 0 : 1;
}

/** Each plan in a folder named after its stack, as a synth has it. */
function layOutPlans(plans: string, folder: string): void {
  const files = readdirSync(plans).filter((file) => file.endsWith('.json'));
  if (files.length === 0) throw new UserError(`${plans} holds no plan: npm run plan writes some`);
  for (const file of files) {
    const stack = file.replace(/\.json$/, '');
    mkdirSync(join(folder, stack));
    cpSync(join(plans, file), join(folder, stack, 'plan.json'));
  }
}
