import { join, resolve } from 'node:path';
import { UserError } from '../../commands/terminal';
import { type Difference, pinnedProviders, readStacks } from './configuration';
import { emulatedEnvironment } from './emulated-environment';
import { chooseProviders, type ProviderChoice, registryAnswers, writeInstallation } from './provider-installation';
import { copySynth } from './synth-copy';

/** A synth's output made ready for Terraform, with the environment to run it in. */
export interface Workspace {
  /** The folder with `manifest.json` and `stacks/`. */
  output: string;
  environment: NodeJS.ProcessEnv;
  /** Empty against real AWS: there, the synth runs as it is, with whatever the user's Terraform is set up for. */
  differences: Difference[];
  providers: ProviderChoice[];
}

/** Thrown where a provider can be had neither from this machine nor from the registry. */
export class NoProviderError extends UserError {}

export interface EmulatedPlace {
  /** The rehearsal's folder. */
  folder: string;
  /** The copy's name in it. */
  name: string;
  endpoint: string;
  region: string;
  /** A hosted zone that the configuration names by its id, and the one that the emulator has in its place. */
  hostedZone?: { given: string | undefined; seeded: string };
}

/**
 * Makes a copy of a synth that runs against an emulated AWS with the providers that this machine has or can get.
 *
 * @param synth the synth's output folder; it stays as it is
 * @throws NoProviderError
 */
export async function emulatedWorkspace(
  synth: string,
  { folder, name, endpoint, region, hostedZone }: EmulatedPlace,
): Promise<Workspace> {
  const pinned = pinnedProviders(readStacks(synth).values());
  const local = chooseProviders(pinned, { registry: false });
  const complete = local.every((choice) => choice.actual === choice.pinned);
  const providers = complete ? local : chooseProviders(pinned, { registry: await registryAnswers() });
  const missing = providers.find((choice) => choice.source === 'hashicorp/aws' && choice.actual === undefined);
  if (missing !== undefined) {
    throw new NoProviderError(
      `Terraform's provider ${missing.source} ${missing.pinned} is not on this machine and its registry does not answer; ` +
        'put a mirror in one of Terraform’s plugin folders or name it in SEARCHGATE_PROVIDER_MIRROR',
    );
  }
  const output = resolve(folder, name);
  const differences = copySynth(synth, output, {
    providers,
    certificates: resolve(folder, 'certificates'),
    hostedZone,
  });
  const installation = writeInstallation(join(folder, 'terraform', name), providers);
  return { output, providers, differences, environment: emulatedEnvironment({ endpoint, region, installation }) };
}

/**
 * The workspace for a command that a user points at AWS by the usual environment variables: AWS_ENDPOINT_URL at this machine means
 * an emulator, everything else the real service.
 */
export async function workspaceFor(
  synth: string,
  place: { folder: string; name: string; region: string },
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Workspace> {
  const endpoint = environment.AWS_ENDPOINT_URL ?? '';
  if (!isEmulated(environment))
    return { output: resolve(synth), environment: { ...environment }, differences: [], providers: [] };
  return emulatedWorkspace(synth, { ...place, endpoint });
}

export function isEmulated(environment: NodeJS.ProcessEnv): boolean {
  return /^http:\/\/127\.0\.0\.1:\d+\/?$/.test(environment.AWS_ENDPOINT_URL ?? '');
}
