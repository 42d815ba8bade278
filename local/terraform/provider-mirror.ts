import { existsSync, readdirSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { delimiter, join } from 'node:path';

/** A provider that lies on this machine, in one of the two layouts of Terraform's filesystem mirrors. */
export interface ProviderPackage {
  /** Such as `hashicorp/aws`; the registry is Terraform's own. */
  source: string;
  version: string;
  /** Such as `linux_amd64`. */
  target: string;
  /** An unpacked folder or a zip. */
  path: string;
}

export const registryHost = 'registry.terraform.io';

/** This machine in Terraform's words, such as `linux_amd64`. */
export const thisTarget = [
  process.platform === 'win32' ? 'windows' : process.platform,
  process.arch === 'x64' ? 'amd64' : process.arch,
].join('_');

/**
 * Folders that may hold a filesystem mirror, best first: the one named by SEARCHGATE_PROVIDER_MIRROR, those where Terraform looks
 * by itself, and whatever lies one level below /opt.
 * Source: https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
 */
export function mirrorFolders(environment: NodeJS.ProcessEnv = process.env, optional = '/opt'): string[] {
  const home = environment.HOME ?? homedir();
  const named = environment.SEARCHGATE_PROVIDER_MIRROR;
  const implied =
    platform() === 'darwin'
      ? [
          join(home, 'Library/Application Support/io.terraform/plugins'),
          '/Library/Application Support/io.terraform/plugins',
        ]
      : [
          join(environment.XDG_DATA_HOME ?? join(home, '.local/share'), 'terraform/plugins'),
          ...(environment.XDG_DATA_DIRS ?? ['/usr/local/share', '/usr/share'].join(delimiter))
            .split(delimiter)
            .filter((folder) => folder !== '')
            .map((folder) => join(folder, 'terraform/plugins')),
        ];
  return [
    ...(named === undefined || named === '' ? [] : [named]),
    join('terraform.d', 'plugins'),
    join(home, '.terraform.d/plugins'),
    ...implied,
    ...entries(optional).map((name) => join(optional, name)),
  ].filter((folder) => existsSync(join(folder, registryHost)));
}

/** Every package of one provider for this machine, in the folders' order. */
export function findPackages(folders: readonly string[], source: string, target = thisTarget): ProviderPackage[] {
  const name = source.split('/').at(-1) ?? source;
  const packed = new RegExp(`^terraform-provider-${name}_(.+)_${target}\\.zip$`);
  return folders.flatMap((folder) => {
    const home = join(folder, registryHost, source);
    return entries(home).flatMap((entry) => {
      const version = packed.exec(entry)?.[1];
      if (version !== undefined) return [{ source, version, target, path: join(home, entry) }];
      const path = join(home, entry, target);
      return existsSync(path) ? [{ source, version: entry, target, path }] : [];
    });
  });
}

/** Less than zero where the first version is the older one. Versions are numbers with dots; what follows a hyphen is ignored. */
export function compareVersions(first: string, second: string): number {
  const [left, right] = [first, second].map((version) => (version.split('-')[0] ?? '').split('.').map(Number));
  for (const [index, part] of (left ?? []).entries()) {
    const difference = part - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
