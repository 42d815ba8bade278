import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What Terraform makes of a value whose texts hold expressions of functions and literals, such as `${cidrhost("10.0.0.0/16", 5)}`.
 *
 * @throws when an expression refers to anything, or Terraform can't be run
 */
export function evaluate<Value>(value: Value): Value {
  if (!JSON.stringify(value).includes('${')) return value;
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-expression-'));
  try {
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ locals: { value } }));
    const printed = execFileSync('terraform', ['console'], {
      cwd: folder,
      input: 'jsonencode(local.value)\n',
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, TF_CLI_CONFIG_FILE: devNull, CHECKPOINT_DISABLE: '1' },
    });
    return JSON.parse(JSON.parse(printed) as string) as Value;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
