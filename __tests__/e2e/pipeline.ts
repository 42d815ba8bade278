import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Synth } from '../../delivery/plan-stacks';
import type { Deployment } from '../../local/rehearsal/deployment';
import { assetsOf, type StandingProvider, startProvider } from '../../local/terraform/standing-provider';
import type { Settings } from '../../settings';

/** What only people deploy at first: what roles of a pipeline have no right to. */
export const personsFirst: readonly string[] = ['account', 'network', 'certificates'];

/** Who runs Terraform, by the access keys that tell it in the emulator's list of calls. They have the length of AWS's own. */
export const keys = { person: 'rehearsal', planner: 'PLANNER0000000000000', deployer: 'DEPLOYER000000000000' } as const;

/** A deployment in an emulated AWS, as those who plan and deploy it see it. */
export interface Pipeline {
  readonly settings: Settings;
  readonly folder: string;
  /** The emulator's address. */
  readonly endpoint: string;
  /** The hosted zone that the emulator has. */
  readonly hostedZone: string;
  /** The emulator's list of calls. */
  readonly calls: string;
  readonly person: Synth;
  readonly planner: Synth;
  readonly deployer: Synth;
  stop(): Promise<void>;
}

/**
 * Gives each of them a provider of their own that stands by: it answers in one name.
 *
 * @param deployment with what people deploy first; its stacks no longer wait for those afterwards
 */
export async function startPipeline(
  { workspace, emulator: { endpoint } }: Deployment,
  given: Pick<Pipeline, 'settings' | 'folder' | 'hostedZone' | 'calls'>,
): Promise<Pipeline> {
  const { output } = workspace;
  withoutDependencies(output, personsFirst);
  const place = { ...workspace, folder: assetsOf(output) };
  const providers: StandingProvider[] = [];
  const as = async (who: keyof typeof keys): Promise<Synth> => {
    const provider = await startProvider(place, { ...workspace.environment, AWS_ACCESS_KEY_ID: keys[who] });
    providers.push(provider);
    return { output, environment: provider.environment, log: join(given.folder, `${who}.log`) };
  };
  const [person, planner, deployer] = await Promise.all([as('person'), as('planner'), as('deployer')]);
  const stop = async () => {
    await Promise.all(providers.map((provider) => provider.stop()));
  };
  return { ...given, endpoint, person, planner, deployer, stop };
}

/** A copy of a synth, to change something in. */
export function copyOf(synth: Synth, output: string): Synth {
  cpSync(synth.output, output, { recursive: true, filter: (path) => !/\/\.terraform(?:$|\/)/.test(path) });
  return { ...synth, output };
}

/** Lets stacks be deployed without those that are there already and not theirs to touch. */
function withoutDependencies(output: string, stacks: readonly string[]): void {
  const file = join(output, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { stacks: Record<string, { dependencies: string[] }> };
  for (const each of Object.values(manifest.stacks))
    each.dependencies = each.dependencies.filter((name) => !stacks.includes(name));
  writeFileSync(file, JSON.stringify(manifest));
}
