import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Configuration, type Difference, readStacks, writeStack } from './configuration';
import { forOlderProvider } from './older-provider';
import type { ProviderChoice } from './provider-installation';
import { standInForTls } from './tls-stand-in';

export interface CopyOptions {
  providers: readonly ProviderChoice[];
  /** Where stand-in keys and certificates are kept. */
  certificates: string;
  /** A hosted zone that the configuration names by its id, and the one to take in its place. */
  hostedZone?: { given: string | undefined; seeded: string };
}

/**
 * Copies a synth's output and rewrites the copy for the providers that will run. The synth itself stays as it is.
 *
 * @param from the synth's output folder
 * @param to the copy's folder, made anew
 * @returns what differs, for people to read
 */
export function copySynth(
  from: string,
  to: string,
  { providers, certificates, hostedZone }: CopyOptions,
): Difference[] {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !['.terraform', '.terraform.lock.hcl'].some((name) => path.endsWith(`/${name}`)),
  });
  const version = (source: string) => providers.find((choice) => choice.source === source)?.actual;
  const [aws, tls] = [version('hashicorp/aws'), version('hashicorp/tls')];
  return [...readStacks(to)].flatMap(([stack, original]) => {
    const rewritings: ((given: Configuration) => Rewritten)[] = [
      (given) =>
        tls === undefined ? standInForTls(stack, given, certificates) : { configuration: given, differences: [] },
      (given) => (aws === undefined ? { configuration: given, differences: [] } : forOlderProvider(stack, given, aws)),
      (given) => inHostedZone(stack, given, hostedZone),
    ];
    let configuration = original;
    const differences = rewritings.flatMap((rewrite) => {
      const rewritten = rewrite(configuration);
      configuration = rewritten.configuration;
      return rewritten.differences;
    });
    if (differences.length > 0) writeStack(to, stack, configuration);
    return differences;
  });
}

interface Rewritten {
  configuration: Configuration;
  differences: Difference[];
}

/** The configuration with another hosted zone where it names one by its id. */
function inHostedZone(stack: string, configuration: Configuration, zone: CopyOptions['hostedZone']): Rewritten {
  const text = JSON.stringify(configuration);
  if (zone?.given === undefined || !text.includes(`"${zone.given}"`)) return { configuration, differences: [] };
  return {
    configuration: JSON.parse(text.replaceAll(`"${zone.given}"`, `"${zone.seeded}"`)) as Configuration,
    differences: [
      {
        stack,
        address: 'zone_id',
        change: `${zone.given} → ${zone.seeded}`,
        reason: 'the emulator chooses the ids of its hosted zones',
      },
    ],
  };
}

/** The folder of one stack in a synth's output, where Terraform runs. */
export function stackFolder(output: string, stack: string): string {
  return join(output, 'stacks', stack);
}
