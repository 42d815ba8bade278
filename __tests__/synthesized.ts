import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Testing } from 'cdktf';
import 'cdktf/lib/testing/adapters/jest';
import { readSettings } from '../settings';
import example from '../settings/example.json';
import { synthesizeEveryStack } from '../stacks/every-stack';
import { outputFolder } from './empty-stack';

Testing.setupJest();

/** Arguments of a resource, as they stand in Terraform's JSON. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach deep into JSON, and a wrong path fails them
export type Block = Record<string, any>;

/** One stack's Terraform. */
export class SynthesizedStack {
  readonly document: Block;

  /** @param json what `cdktf synth` writes, which the matchers of cdktf read too */
  constructor(readonly json: string) {
    this.document = JSON.parse(json, (key, value) => (key === '//' ? undefined : value));
  }

  /** All resources of one type, by name. */
  all(type: string): Record<string, Block> {
    return this.document.resource?.[type] ?? {};
  }

  /** The only resource of its type. */
  only(type: string): Block {
    const found = Object.values(this.all(type));
    if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} resources of type ${type}`);
    return found[0];
  }

  /** One resource by its address, such as `aws_subnet.network_host_subnet_0`. */
  at(address: string): Block {
    const [type = '', name = ''] = address.split('.');
    const found = this.all(type)[name];
    if (found === undefined) throw new Error(`no ${address}, but ${Object.keys(this.all(type)).join(', ')}`);
    return found;
  }

  /** Every resource, by address. */
  get resources(): Record<string, Block> {
    const types: [string, Record<string, Block>][] = Object.entries(this.document.resource ?? {});
    return Object.fromEntries(
      types.flatMap(([type, byName]) => Object.entries(byName).map(([name, block]) => [`${type}.${name}`, block])),
    );
  }
}

/** A deployment's stacks, and the folder where they lie with their zips. */
export interface SynthesizedDeployment {
  readonly stacks: Readonly<Record<string, SynthesizedStack>>;
  /** A stack by its name. */
  stack(name: string): SynthesizedStack;
  readonly folder: string;
  readonly manifest: { stacks: Record<string, { dependencies: string[] }> };
}

const cache = new Map<string, SynthesizedDeployment>();

/**
 * Every stack of a deployment with the example's settings, with `state` and, where the settings have one, `delivery`. Synthesized once for the same settings.
 *
 * @param changes laid over the example's settings at the first level
 */
export function synthesized(changes: Block = {}): SynthesizedDeployment {
  const key = JSON.stringify(changes);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const { settings } = readSettings({ ...example, ...changes });
  const folder = outputFolder();
  synthesizeEveryStack(settings, folder);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const stacks = Object.fromEntries(
    Object.keys(manifest.stacks).map((name) => [
      name,
      new SynthesizedStack(readFileSync(join(folder, 'stacks', name, 'cdk.tf.json'), 'utf8')),
    ]),
  );
  const deployment = {
    stacks,
    folder,
    manifest,
    stack(name: string) {
      const found = stacks[name];
      if (found === undefined) throw new Error(`no stack ${name}, but ${Object.keys(stacks).join(', ')}`);
      return found;
    },
  };
  cache.set(key, deployment);
  return deployment;
}

/** The example's services, the one of a name with changes laid over it, and further ones behind them. */
export function services(changes: Record<string, Block>, ...further: Block[]): Block {
  const own = example.services.map((service) => ({ ...service, ...changes[service.name] }));
  return { services: [...own, ...further] };
}

/** An expression as it stands in Terraform's JSON. */
export function expression(text: string): string {
  return `\${${text}}`;
}
