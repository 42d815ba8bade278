import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A resource's arguments as Terraform JSON has them. */
export type Arguments = Readonly<Record<string, unknown>>;

/** A stack as `cdktf synth` wrote it, with references followed as far as the file goes. */
export class SynthesizedStack {
  private readonly json: {
    resource?: Record<string, Record<string, Arguments>>;
    provider?: { aws?: { region?: string }[] };
  };

  /** @param folder holds `cdk.tf.json` and the assets. @throws where it is not there */
  constructor(readonly folder: string) {
    this.json = JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8'));
  }

  get region(): string | undefined {
    return this.json.provider?.aws?.[0]?.region;
  }

  /** All resources of a type, each with the expression that stands for it. */
  all(type: string): { reference: string; values: Arguments }[] {
    return Object.entries(this.json.resource?.[type] ?? {}).map(([id, values]) => ({
      reference: `${type}.${id}`,
      values: this.followed(values) as Arguments,
    }));
  }

  /** The only resource of a type. @throws where there is none, or more than one */
  one(type: string): { reference: string; values: Arguments } {
    const [first, ...others] = this.all(type);
    if (first === undefined || others.length > 0) {
      throw new Error(`${this.folder} has ${others.length + (first ? 1 : 0)} resources of type ${type} and not one`);
    }
    return first;
  }

  /** References to an argument that the file itself gives are replaced by it; all else stays as it is. */
  private followed(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.followed(each));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.followed(each)]));
    }
    if (typeof value !== 'string') return value;
    const [, type = '', id = '', argument = ''] = /^\$\{(\w+)\.([\w-]+)\.(\w+)\}$/.exec(value) ?? [];
    const found = this.json.resource?.[type]?.[id]?.[argument];
    return found === undefined ? value : this.followed(found);
  }
}

/** An argument as text. @throws where it is missing */
export function text(values: Arguments, name: string): string {
  const value = values[name];
  if (typeof value !== 'string') throw new Error(`${name} is missing in the synthesized stack`);
  return value;
}
