import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Difference, pinnedProviders, readStacks, writeStack } from './configuration';
import { forOlderProvider } from './older-provider';
import type { ProviderChoice } from './provider-installation';
import { standInForTls } from './tls-stand-in';

export { pinnedProviders, readStacks };

/**
 * Copies a synth's output and rewrites the copy for the providers that will run. The synth itself stays as it is.
 *
 * @param from the synth's output folder
 * @param to the copy's folder, made anew
 * @param certificates where stand-in keys and certificates are kept
 * @returns what differs, for people to read
 */
export function copySynth(
  from: string,
  to: string,
  { providers, certificates }: { providers: readonly ProviderChoice[]; certificates: string },
): Difference[] {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !['.terraform', '.terraform.lock.hcl'].some((name) => path.endsWith(`/${name}`)),
  });
  const version = (source: string) => providers.find((choice) => choice.source === source)?.actual;
  const [aws, tls] = [version('hashicorp/aws'), version('hashicorp/tls')];
  return [...readStacks(to)].flatMap(([stack, original]) => {
    const certified =
      tls === undefined ? standInForTls(stack, original, certificates) : { configuration: original, differences: [] };
    const older =
      aws === undefined
        ? { configuration: certified.configuration, differences: [] }
        : forOlderProvider(stack, certified.configuration, aws);
    const differences = [...certified.differences, ...older.differences];
    if (differences.length > 0) writeStack(to, stack, older.configuration);
    return differences;
  });
}

/** The folder of one stack in a synth's output, where Terraform runs. */
export function stackFolder(output: string, stack: string): string {
  return join(output, 'stacks', stack);
}
