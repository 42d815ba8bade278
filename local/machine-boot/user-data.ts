import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdktf';
import type { Settings } from '../../settings';
import { addDeployment } from '../../stacks/deployment';

/** A host's user data as plain text, with the environment that it carries. */
export interface MachineUserData {
  readonly text: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The user data of the instance that these settings synthesize, as Terraform would render it.
 * @param known what only Terraform knows at deploy time, by key of host.env.
 * @throws Error where a value is left that is neither in the settings nor known.
 */
export function synthesizedUserData(settings: Settings, known: Readonly<Record<string, string>>): MachineUserData {
  const outdir = mkdtempSync(join(tmpdir(), 'synth-'));
  try {
    const app = new App({ outdir });
    addDeployment(app, settings);
    app.synth();
    const { locals } = JSON.parse(readFileSync(join(outdir, 'stacks', 'host', 'cdk.tf.json'), 'utf8'));
    return renderUserData(locals as Record<string, unknown>, known);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** As {@link synthesizedUserData}, from the locals of a synthesized host stack. */
export function renderUserData(
  locals: Record<string, unknown>,
  known: Readonly<Record<string, string>>,
): MachineUserData {
  const found = Object.values(locals).find((value) => typeof value === 'string' && value.startsWith('#cloud-config\n'));
  if (typeof found !== 'string') throw new Error('the host stack has no local with a #cloud-config');
  const filled = found.replace(/^( +([A-Z_]+)=')([^'\n]*)'$/gm, (line, start: string, key: string, value: string) => {
    if (!/(?<!\$)\$\{/.test(value)) return line;
    const replacement = known[key];
    if (replacement === undefined) throw new Error(`${key} of host.env is known to Terraform only: ${value}`);
    return `${start}${replacement}'`;
  });
  const text = filled.replace(/([$%])\1\{/g, '$1{');
  const environment = Object.fromEntries(
    [...text.matchAll(/^ +([A-Z_]+)='([^'\n]*)'$/gm)].map(([, key, value]) => [key, value]),
  );
  return { text, environment };
}
