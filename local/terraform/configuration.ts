import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions } from './provider-mirror';

/** Arguments of one resource or data source, as they stand in Terraform's JSON. */
export type Arguments = Record<string, unknown>;

/** The parts of a stack's Terraform JSON that a rehearsal looks at; everything else is carried along. */
export interface Configuration {
  terraform?: { required_providers?: Record<string, { source: string; version: string }>; backend?: unknown };
  provider?: Record<string, Arguments[]>;
  resource?: Record<string, Record<string, Arguments>>;
  data?: Record<string, Record<string, Arguments>>;
  locals?: Record<string, unknown>;
  [block: string]: unknown;
}

/** Something that a rehearsal deploys otherwise than the product says, in words for whoever watches. */
export interface Difference {
  stack: string;
  /** What it is about, such as `aws_lambda_function.forwarder`. */
  address: string;
  change: string;
  reason: string;
}

/** The stacks of a synth output folder, by name, in the alphabet's order. */
export function readStacks(output: string): Map<string, Configuration> {
  const names = readdirSync(join(output, 'stacks')).sort();
  return new Map(
    names.map((name) => [name, JSON.parse(readFileSync(stackFile(output, name), 'utf8')) as Configuration]),
  );
}

export function writeStack(output: string, name: string, configuration: Configuration): void {
  writeFileSync(stackFile(output, name), `${JSON.stringify(configuration, null, 2)}\n`);
}

/** Every provider that the stacks ask for, as `NAMESPACE/NAME`, with the version pinned; the newest where they differ. */
export function pinnedProviders(stacks: Iterable<Configuration>): Record<string, string> {
  const pinned: Record<string, string> = {};
  for (const { terraform } of stacks) {
    for (const { source, version } of Object.values(terraform?.required_providers ?? {})) {
      const name = source.includes('/') ? source.split('/').slice(-2).join('/') : `hashicorp/${source}`;
      const before = pinned[name];
      if (before === undefined || compareVersions(before, version) < 0) pinned[name] = version;
    }
  }
  return pinned;
}

function stackFile(output: string, name: string): string {
  return join(output, 'stacks', name, 'cdk.tf.json');
}
