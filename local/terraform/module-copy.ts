import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from './configuration';
import { standInForTls } from './tls-stand-in';

export interface ModuleCopyOptions {
  /** The certificates stack of the same settings, whose keys and certificates stand in for those of the tls provider. */
  certificates: Configuration;
  /** Where stand-in keys and certificates are kept. */
  folder: string;
}

/** What AWS provider 5 does not know, as it stands in the modules. */
const novelties: readonly [RegExp, string][] = [
  [/^ *response_transfer_mode .*\n/gm, ''],
  [/"nodejs24\.x"/g, '"nodejs22.x"'],
];

/**
 * Copies modules and rewrites the copy for AWS provider 5 and for a machine without the tls provider: what only younger providers
 * know is set back, and keys and certificates are made by openssl. Everything else stays as it was written.
 */
export function copyModules(from: string, to: string, { certificates, folder }: ModuleCopyOptions): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  const { configuration } = standInForTls('certificates', certificates, folder);
  const values = Object.entries(configuration.locals ?? {}).filter(([name]) => name.startsWith('tls_'));
  writeFileSync(
    join(to, 'certificates', 'stand-in.tf.json'),
    JSON.stringify({ locals: Object.fromEntries(values) }, null, 2),
  );
  for (const entry of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(tf|hcl)$/.test(entry)) continue;
    const file = join(to, entry);
    const text = novelties.reduce((sofar, [old, by]) => sofar.replace(old, by), readFileSync(file, 'utf8'));
    writeFileSync(file, withoutTls(text));
  }
}

function withoutTls(text: string): string {
  return text
    .replace(/^resource "tls_[\s\S]*?^}\n\n?/gm, '')
    .replace(/^ *tls = \{\n[\s\S]*?\}\n/gm, '')
    .replace(/^mock_provider "tls" \{\}\n\n?/gm, '')
    .replace(/\b(tls_[a-z_]+)\.(\w+)\.(\w+)/g, 'local.$1__$2__$3');
}
