import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../../commands/terminal';
import { run } from '../process-group';

export interface TerraformRun {
  /** Where the configuration lies. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  /** Everything that is said goes here. */
  log: string;
}

/** Thrown when Terraform ends with an error; the message holds its own words. */
export class TerraformError extends UserError {}

/**
 * Runs Terraform and returns what it wrote on standard output.
 *
 * @param accepted exit codes that are no error; `plan -detailed-exitcode` ends with 2 where there are changes
 */
export async function terraform(
  parameters: string[],
  { folder, environment, log }: TerraformRun,
  accepted: readonly number[] = [0],
): Promise<{ code: number; output: string }> {
  const [verb = '', ...rest] = parameters;
  const { code, output, errors } = await run('terraform', [verb, '-no-color', ...rest], {
    cwd: folder,
    env: environment,
  });
  mkdirSync(dirname(log), { recursive: true });
  appendFileSync(log, `terraform ${parameters.join(' ')}\n${output}${errors}\n`);
  if (code === null || !accepted.includes(code)) {
    throw new TerraformError(`terraform ${verb} ended with ${code} (all of it in ${log}):\n${errors.trim()}`);
  }
  return { code, output };
}
