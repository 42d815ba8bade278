import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ProcessGroup } from '../process-group';
import { registryHost } from './provider-mirror';
import type { Workspace } from './workspace';

/** The AWS provider as a process that stands by, so that not every run of Terraform has to start one. */
export interface StandingProvider {
  /** The workspace's environment, with the provider to attach to. */
  environment: NodeJS.ProcessEnv;
  /** How many stacks may be worked on at a time. */
  parallelism: number;
  stop(): Promise<void>;
}

/**
 * Starts the workspace's AWS provider once for many runs of Terraform, one after the other: to start it takes more processor time
 * than most plans of a stack. Its process holds one configuration at a time (credentials from the environment given here, default
 * tags from the stack), so two stacks must not be run at once against the same one. It ends with the process that started it.
 *
 * @param folder where the provider finds the files that configurations name by relative paths, as {@link assetsOf} gathers them
 *
 * Where this machine has no unpacked provider, the environment comes back as it is, and Terraform starts its providers by itself.
 *
 * Source: https://developer.hashicorp.com/terraform/plugin/debugging#starting-a-provider-in-debug-mode
 */
export async function startProvider(
  { providers, folder }: Pick<Workspace, 'providers'> & { readonly folder: string },
  environment: NodeJS.ProcessEnv,
): Promise<StandingProvider> {
  const source = 'hashicorp/aws';
  const program = executable(providers.find((choice) => choice.source === source)?.found?.path);
  if (program === undefined) return { environment, parallelism: 3, stop: async () => {} };
  // The provider itself does not notice when its starter has gone; the end of standard input tells the shell.
  const group = new ProcessGroup('sh', ['-c', '"$0" -debug & cat >/dev/null; kill "$!"', program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: folder,
    env: roomy(environment),
  });
  const { stdout, stderr } = group.child;
  if (stdout === null || stderr === null) throw new Error('the provider has no output to read');
  let errors = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  const lines = createInterface(stdout);
  const attachment = await Promise.race([
    new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        const found = /TF_REATTACH_PROVIDERS='(.*)'/.exec(line)?.[1];
        if (found?.includes(`"${registryHost}/${source}"`)) resolve(found);
      });
    }),
    group.ended.then((code) => {
      throw new Error(`the provider ${program} ended with ${code} before it could be attached to:\n${errors}`);
    }),
  ]);
  return {
    environment: { ...roomy(environment), TF_REATTACH_PROVIDERS: attachment },
    parallelism: 1,
    stop: () => group.end(),
  };
}

/**
 * Gathers the assets of every stack beside a synth's output. Their paths hold the digest of what they are, so they fit into one folder.
 *
 * @returns the folder
 */
export function assetsOf(output: string): string {
  const gathered = `${output}-assets`;
  rmSync(gathered, { recursive: true, force: true });
  mkdirSync(gathered, { recursive: true });
  for (const stack of readdirSync(join(output, 'stacks'))) {
    const assets = join(output, 'stacks', stack, 'assets');
    if (existsSync(assets)) cpSync(assets, join(gathered, 'assets'), { recursive: true });
  }
  return gathered;
}

/** Go's collector at a quarter of its work: reading the provider's schema fills the memory with what lives for the whole run. */
function roomy(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { GOGC: '400', ...environment };
}

function executable(folder: string | undefined): string | undefined {
  if (folder === undefined || folder.endsWith('.zip') || !existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((entry) => entry.startsWith('terraform-provider-'));
  return name && resolve(folder, name);
}
