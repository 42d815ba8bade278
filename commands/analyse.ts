import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type AcceptedFinding, acceptedFindings } from '../analysis/accepted-findings';
import { checkov } from '../analysis/checkov';
import { analyseEverything } from '../analysis/everything';
import { compare, type Finding } from '../analysis/findings';
import { pythonEnvironment } from '../local/emulator/python-environment';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

// The AWS clients only speak to the emulator here; what they say of Node's version concerns no user.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const help = `
npm run analyse: checkov, and tflint where it is installed (.ci/install-tflint), over every stack and every module that the settings make:
as they are written, and as Terraform plans them, where it is installed, against an emulated AWS. Ends with 1 for a finding that is not accepted
with a reason in analysis/accepted-findings.ts, and for an acceptance that nothing needs any more.

The first time it installs checkov, pinned and checked by hash, into .rehearsal/analysis (470 MB).

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/complete.json, where everything is on that makes resources)
  --plans DIR                look at the plans that npm run plan wrote there (STACK.json) instead: what Terraform makes of the stacks, with
                             every default filled in. tflint reads no plans
  --reasons                  list what is accepted, and why
`;

void runCommand(async () => {
  const { values } = readFlags(help, { plans: { type: 'string' }, reasons: { type: 'boolean', default: false } });
  if (values.reasons === true) {
    for (const { check, resources, because } of acceptedFindings)
      console.log(`${check}  ${resources.source}\n  ${because}`);
    return 0;
  }
  const start = performance.now();
  const tell = (line: string) => console.log(line);
  const { settings } = loadSettings(process.env.SEARCHGATE_SETTINGS || resolve(__dirname, '../settings/complete.json'));
  const requirements = resolve(__dirname, '../analysis/requirements.txt');
  const python = await pythonEnvironment(resolve('.rehearsal/analysis'), tell, requirements);
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-analysis-'));
  try {
    if (values.plans !== undefined) {
      layOutPlans(resolve(values.plans), folder);
      const { passed, findings } = await checkov(python, folder, 'terraform_plan');
      tell(`checkov: plans, ${passed} checks passed, ${findings.length} findings`);
      // Plans may hold some stacks only; then nothing can be said of the acceptances for others.
      return verdict(findings, [], start);
    }
    const emulatorPython = () => pythonEnvironment(resolve('.rehearsal/venv'), tell);
    const { findings, skipped } = await analyseEverything(settings, { python, emulatorPython, folder, tell });
    const needed = ({ check, onlyDeployed }: AcceptedFinding) =>
      onlyDeployed !== true && (check.startsWith('CKV') || !skipped.includes('tflint'));
    const judged = skipped.includes('plans') ? [] : acceptedFindings.filter(needed);
    return verdict(findings, judged, start);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Prints what is open, and which of the acceptances that the looks can judge nothing needs. Returns the exit code. */
function verdict(findings: readonly Finding[], judged: readonly AcceptedFinding[], start: number): number {
  const { open } = compare(findings, acceptedFindings);
  const { needless } = compare(findings, judged);
  for (const { check, name, resource } of open) console.log(`${check}  ${resource}  ${name}`);
  for (const { check, resources } of needless)
    console.log(`${check}  ${resources.source}  is accepted, but nothing needs it`);
  const accepted = findings.length - open.length;
  console.log(`${accepted} findings accepted with a reason, ${open.length} open, ${elapsed(start)}.`);
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
