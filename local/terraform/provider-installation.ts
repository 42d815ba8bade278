import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { compareVersions, findPackages, mirrorFolders, type ProviderPackage, registryHost } from './provider-mirror';

/** Where one provider comes from, and in which version it really runs. */
export interface ProviderChoice {
  source: string;
  /** The version that the synthesized configuration pins. */
  pinned: string;
  /** The version that runs; undefined where the provider can't be had. */
  actual: string | undefined;
  /** What lies on this machine; undefined where the registry is asked. */
  found: ProviderPackage | undefined;
}

/**
 * Chooses for each provider: the pinned version on this machine; else, where the registry answers, Terraform's own installation;
 * else the newest other version on this machine, which is presented as the pinned one (for rehearsals only).
 */
export function chooseProviders(
  pinned: Readonly<Record<string, string>>,
  { folders = mirrorFolders(), registry }: { folders?: readonly string[]; registry: boolean },
): ProviderChoice[] {
  return Object.entries(pinned).map(([source, version]) => {
    const packages = findPackages(folders, source).sort((a, b) => compareVersions(b.version, a.version));
    const exact = packages.find((candidate) => candidate.version === version);
    const found = exact ?? (registry ? undefined : packages[0]);
    return { source, pinned: version, actual: found?.version ?? (registry ? version : undefined), found };
  });
}

/** Whether Terraform's registry answers from here. Behind a proxy it is taken to: only Terraform itself speaks through one. */
export async function registryAnswers(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if ((environment.HTTPS_PROXY ?? environment.https_proxy ?? '') !== '') return true;
  try {
    const discovery = `https://${registryHost}/.well-known/terraform.json`;
    return (await fetch(discovery, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

/** The two paths that bind a Terraform run to an installation of ours. */
export interface Installation {
  /** For TF_CLI_CONFIG_FILE. */
  cliConfiguration: string;
  /** For TF_PLUGIN_CACHE_DIR: what is unpacked or downloaded once serves every stack. */
  pluginCache: string;
}

/**
 * Writes a Terraform CLI configuration that installs the chosen providers, with a mirror of links beside it. Nothing outside the
 * folder is changed, and the plugin cache is named after the versions that really run, so that no cache ever serves one version
 * as another.
 */
export function writeInstallation(folder: string, choices: readonly ProviderChoice[]): Installation {
  const mirror = resolve(folder, 'mirror');
  rmSync(mirror, { recursive: true, force: true });
  const linked = choices.flatMap(({ source, pinned, found }) =>
    found === undefined ? [] : [{ source, pinned, found }],
  );
  for (const { source, pinned, found } of linked) {
    const name = source.split('/').at(-1);
    const link = found.path.endsWith('.zip')
      ? join(mirror, registryHost, source, `terraform-provider-${name}_${pinned}_${found.target}.zip`)
      : join(mirror, registryHost, source, pinned, found.target);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(resolve(found.path), link);
  }
  const file = resolve(folder, 'terraform.rc');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    cliConfiguration(
      mirror,
      linked.map(({ source }) => source),
    ),
  );
  const versions = choices.map(({ source, actual }) => `${source.replace('/', '_')}_${actual ?? 'none'}`);
  const pluginCache = resolve(folder, 'plugin-cache', versions.join('+'));
  mkdirSync(pluginCache, { recursive: true });
  return { cliConfiguration: file, pluginCache };
}

/** The text of a Terraform CLI configuration: these providers from the mirror, all others from where they come from. */
export function cliConfiguration(mirror: string, sources: readonly string[]): string {
  const list = JSON.stringify(sources.map((source) => `${registryHost}/${source}`));
  const installation =
    sources.length === 0
      ? ['  direct {}']
      : [
          '  filesystem_mirror {',
          `    path    = ${JSON.stringify(mirror)}`,
          `    include = ${list}`,
          '  }',
          '  direct {',
          `    exclude = ${list}`,
          '  }',
        ];
  return ['disable_checkpoint = true', 'provider_installation {', ...installation, '}', ''].join('\n');
}
