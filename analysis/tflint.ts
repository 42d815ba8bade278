import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../local/process-group';
import { type Finding, readTflint } from './findings';

/**
 * What tflint finds in every stack of a synth, with the rules of `tflint.hcl`.
 *
 * @param program the tflint to run
 * @param output the synth's output folder
 * @throws Error where it could not read a stack
 */
export async function tflintFindings(program: string, output: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const stack of readdirSync(join(output, 'stacks')).sort()) {
    const flags = ['--format=json', `--config=${join(__dirname, 'tflint.hcl')}`];
    const { output: report, errors } = await run(program, [...flags, `--chdir=${join(output, 'stacks', stack)}`]);
    if (report === '') throw new Error(`tflint says nothing about ${stack}: ${errors.trim()}`);
    findings.push(...readTflint(stack, report));
  }
  return findings;
}
