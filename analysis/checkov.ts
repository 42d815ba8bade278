import { run } from '../local/process-group';
import { type Analysis, readCheckov } from './findings';

/** What checkov reads: synthesized stacks, modules as they are written, or `terraform show -json` of plans. */
export type Framework = 'terraform_json' | 'terraform' | 'terraform_plan';

/**
 * What checkov finds in a folder.
 *
 * @param python an interpreter that has checkov
 * @throws Error where it could not read a file
 */
export async function checkov(python: string, folder: string, framework: Framework): Promise<Analysis> {
  const flags = ['--framework', framework, '--skip-download', '--compact', '--output', 'json'];
  const { code, output, errors } = await run(python, ['-m', 'checkov.main', ...flags, '--directory', folder], {
    env: { ...process.env, LOG_LEVEL: 'ERROR', PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (code !== 0 && code !== 1) throw new Error(`checkov ended with ${code}:\n${errors}`);
  return readCheckov(output);
}
