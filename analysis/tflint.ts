import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../local/process-group';
import { type Finding, readTflint } from './findings';

/**
 * What tflint finds in configurations, with the rules of `tflint.hcl`.
 *
 * @param program the tflint to run
 * @param folders of the configurations, by the names that findings are told by
 * @throws Error where it could not read one
 */
export async function tflintFindings(program: string, folders: Readonly<Record<string, string>>): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, folder] of Object.entries(folders)) {
    const flags = ['--format=json', `--config=${join(__dirname, 'tflint.hcl')}`, `--chdir=${folder}`];
    const { output: report, errors } = await run(program, flags);
    if (report === '') throw new Error(`tflint says nothing about ${name}: ${errors.trim()}`);
    findings.push(...readTflint(name, report));
  }
  return findings;
}

/** Every stack of a synth. */
export function stackFolders(output: string): Record<string, string> {
  const stacks = readdirSync(join(output, 'stacks')).sort();
  return Object.fromEntries(stacks.map((stack) => [stack, join(output, 'stacks', stack)]));
}

/** Every module, those within others too, and the example. */
export function moduleFolders(modules: string): Record<string, string> {
  const paths = readdirSync(modules, { recursive: true, encoding: 'utf8' }).sort();
  const configured = paths.filter((path) => existsSync(join(modules, path, 'main.tf')));
  return Object.fromEntries(configured.map((path) => [path, join(modules, path)]));
}
