import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseProviders, registryAnswers } from '../local/terraform/provider-installation';
import { compareVersions, registryHost } from '../local/terraform/provider-mirror';
import { type Check, ok, problem, unsure } from './check';

/** The first Terraform that locks a state in S3 by a file beside it. */
const oldestTerraform = '1.10.0';
const root = join(__dirname, '..');

/** What the checks of this machine find out by themselves; tests put other findings in. */
export interface Machine {
  nodeVersion(): string;
  /** Undefined where there is no Terraform. */
  terraformVersion(): string | undefined;
  /** A package's installed version. */
  packageVersion(name: string): string | undefined;
  /** Providers by source, with the versions that the bindings are made from. */
  pinnedProviders(): Record<string, string>;
  registryAnswers(): Promise<boolean>;
  /** Folders with a mirror of providers; undefined for those of this machine. */
  mirrors?: readonly string[];
}

export const thisMachine: Machine = {
  nodeVersion: () => process.versions.node,
  terraformVersion() {
    const { status, stdout } = spawnSync('terraform', ['version', '-json'], {
      encoding: 'utf8',
      env: { ...process.env, CHECKPOINT_DISABLE: '1' },
    });
    if (status !== 0) return undefined;
    return (JSON.parse(stdout) as { terraform_version: string }).terraform_version;
  },
  packageVersion: (name) => packageFile(name)?.version,
  pinnedProviders() {
    const providers = ['@cdktf/provider-aws', '@cdktf/provider-tls'].flatMap(
      (name) => packageFile(name)?.cdktf?.provider ?? [],
    );
    return Object.fromEntries(providers.map(({ name, version }) => [name.split('/').slice(-2).join('/'), version]));
  },
  registryAnswers: () => registryAnswers(),
};

export function toolChecks(machine: Machine = thisMachine): Check[] {
  return [
    {
      name: 'Node',
      needsAccount: false,
      async run() {
        const version = machine.nodeVersion();
        return compareVersions(version, '20.9.0') < 0
          ? problem(`${version} is too old`, 'install Node 20.9 or newer')
          : ok(version);
      },
    },
    {
      name: 'Terraform',
      needsAccount: false,
      async run() {
        const version = machine.terraformVersion();
        if (version === undefined) return problem('not found', 'install Terraform 1.10 or newer');
        return compareVersions(version, oldestTerraform) < 0
          ? problem(`${version} cannot lock a state in S3 without a table`, 'install Terraform 1.10 or newer')
          : ok(version);
      },
    },
    {
      name: 'CDKTF',
      needsAccount: false,
      async run() {
        const [library, program] = [machine.packageVersion('cdktf'), machine.packageVersion('cdktf-cli')];
        return library === undefined || library !== program
          ? problem(
              `cdktf ${library ?? 'is missing'}, cdktf-cli ${program ?? 'is missing'}`,
              'npm ci installs the two that fit',
            )
          : ok(library);
      },
    },
    {
      name: 'Terraform providers',
      needsAccount: false,
      async run({ emulated }) {
        const registry = await machine.registryAnswers();
        const choices = chooseProviders(machine.pinnedProviders(), {
          registry,
          ...(machine.mirrors !== undefined && { folders: machine.mirrors }),
        });
        const missing = choices.filter(({ pinned, actual }) => actual !== pinned);
        if (missing.length === 0) return ok(choices.map(({ source, pinned }) => `${source} ${pinned}`).join(', '));
        const told = missing
          .map(({ source, pinned, actual }) => `${source} ${pinned} (here: ${actual ?? 'none'})`)
          .join(', ');
        const advice = `let this machine reach https://${registryHost}, or put a mirror into a folder named by SEARCHGATE_PROVIDER_MIRROR: terraform providers mirror DIR`;
        return emulated
          ? unsure(`${told}: a rehearsal does with what is here`, advice)
          : problem(`cannot be had: ${told}`, advice);
      },
    },
  ];
}

interface PackageFile {
  version: string;
  cdktf?: { provider: { name: string; version: string } };
}

function packageFile(name: string): PackageFile | undefined {
  try {
    return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as PackageFile;
  } catch {
    return undefined;
  }
}
