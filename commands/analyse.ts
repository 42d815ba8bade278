import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { acceptedFindings } from '../analysis/accepted-findings';
import { compare, type Finding, readCheckov } from '../analysis/findings';
import { moduleFolders, stackFolders, tflintFindings } from '../analysis/tflint';
import { pythonEnvironment } from '../local/emulator/python-environment';
import { builtHere, missingTools } from '../local/machine';
import { run } from '../local/process-group';
import { synthesize } from '../local/rehearsal/deployment';
import { readStacks, writeStack } from '../local/terraform/configuration';
import { writeModules } from '../modules/write';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run analyse: checkov over every stack that the settings synthesize, and tflint over those and every module, where it is installed
(.ci/install-tflint). Ends with 1 for a finding that is not accepted with a reason in analysis/accepted-findings.ts, and for an acceptance
that nothing needs any more.

The first time it installs checkov, pinned and checked by hash, into .rehearsal/analysis (470 MB).

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --plans DIR                look at the plans that npm run plan wrote there (STACK.json) instead of the synth: what Terraform makes of
                             the configuration, with every default filled in. tflint reads no plans
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
  const python = await pythonEnvironment(
    resolve('.rehearsal/analysis'),
    (text) => console.log(text),
    resolve(__dirname, '../analysis/requirements.txt'),
  );
  const place = mkdtempSync(join(tmpdir(), 'searchgate-analysis-'));
  const folder = join(place, 'read');
  mkdirSync(folder);
  try {
    const framework = values.plans === undefined ? 'terraform_json' : 'terraform_plan';
    const linted = values.plans === undefined && missingTools(['tflint']).length === 0;
    if (!linted) console.log('skipped: tflint (.ci/install-tflint builds it; it reads a synth, not plans)');
    let ofTflint: readonly Finding[] = [];
    if (values.plans === undefined) {
      const synth = join(folder, 'synth');
      await synthesize(synth);
      if (linted) {
        const modules = join(place, 'modules');
        writeModules(loadSettings().settings, modules);
        ofTflint = await tflintFindings(builtHere('tflint'), { ...stackFolders(synth), ...moduleFolders(modules) });
      }
      withoutTerraformBlocks(synth);
    } else layOutPlans(resolve(values.plans), folder);
    const { code, output, errors } = await run(
      python,
      [
        '-m',
        'checkov.main',
        '--framework',
        framework,
        '--skip-download',
        '--quiet',
        '--compact',
        '--directory',
        folder,
        '--output',
        'json',
      ],
      { env: { ...process.env, LOG_LEVEL: 'ERROR', PYTHONDONTWRITEBYTECODE: '1' } },
    );
    if (code !== 0 && code !== 1) throw new Error(`checkov ended with ${code}:\n${errors}`);
    const { passed, findings: ofCheckov } = readCheckov(output);
    const findings = [...ofCheckov, ...ofTflint];
    const { open, needless } = compare(
      findings,
      acceptedFindings.filter(({ check }) => linted || check.startsWith('CKV')),
    );
    for (const { check, name, resource } of open) console.log(`${check}  ${resource}  ${name}`);
    // Plans may hold some stacks only; then nothing can be said of the others.
    const unneeded = values.plans === undefined ? needless : [];
    for (const { check, resources } of unneeded)
      console.log(`${check}  ${resources.source}  is accepted, but nothing needs it`);
    console.log(
      `${passed} checks of checkov passed${linted ? ', tflint ran' : ''}, ${findings.length - open.length} findings accepted with a reason, ${open.length} open, ${elapsed(start)}.`,
    );
    return open.length + unneeded.length === 0 ? 0 : 1;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

/** Takes a synth's `terraform` blocks away: checkov stumbles over `required_version`, and reads nothing of a file where it stumbles. */
function withoutTerraformBlocks(synth: string): void {
  for (const [stack, { terraform: _, ...configuration }] of readStacks(synth)) writeStack(synth, stack, configuration);
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
