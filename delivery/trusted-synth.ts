import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Configuration, readStacks } from '../local/terraform/configuration';
import { isRecord } from '../plan-review/plan';

/** Providers that the project itself uses. Any other would be a program of the author's choice, run with the reader's credentials. */
const providers = ['hashicorp/aws', 'hashicorp/tls'];
/** Without `check`, whose data sources are read like any other. */
const blocks = ['//', 'terraform', 'provider', 'resource', 'data', 'locals', 'output', 'moved', 'removed', 'import'];

const terraformSettings = ['required_version', 'required_providers', 'backend'];
const providerSettings = ['region', 'default_tags', 'alias'];
const stateSettings = ['bucket', 'key', 'region', 'encrypt', 'use_lockfile'];
/**
 * Functions that read files of the machine that plans, such as its environment with the credentials in it, and `templatestring`, whose
 * text may be put together from pieces that look like none of them. Comments may stand before the parenthesis.
 */
const fileFunction = /\b(?:file\w*|template\w+|pathexpand|abspath)(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|(?:#|\/\/).*\n)*\(/;

/**
 * Why a synth made by code that nobody has reviewed may not be planned with credentials, in words; empty where it may. Terraform
 * runs a provider's program while it plans, reads every file beside the configuration, and evaluates functions, so a synth that
 * brings more than the project's own kind of stacks could take the credentials along.
 *
 * @param output the synth's output folder
 * @param bucket the state bucket that the reviewed settings name
 */
export function distrust(output: string, bucket: string): string[] {
  const files = strangeFiles(output);
  return files.length > 0
    ? files
    : [...readStacks(output)].flatMap(([stack, configuration]) =>
        distrustStack(configuration, bucket).map((complaint) => `${stack}: ${complaint}`),
      );
}

/** Files that Terraform would read beside a stack's JSON and its zips, links that lead elsewhere, and names that are paths. */
function strangeFiles(output: string): string[] {
  const listed = (folder: string) =>
    readdirSync(join(output, folder), { withFileTypes: true }).map((entry) => ({
      path: join(folder, entry.name),
      kind: entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'link',
    }));
  const within = (folder: string): string[] =>
    listed(folder).flatMap(({ path, kind }) =>
      kind === 'folder' ? within(path) : kind === 'file' ? [] : [`${path}, which is no plain file`],
    );
  const inStack = ({ path, kind }: { path: string; kind: string }): string[] => {
    if (kind !== 'folder') return [`${path}, which is no stack's folder`];
    return listed(path).flatMap((entry) => {
      if (entry.kind === 'folder' && entry.path === join(path, 'assets')) return within(entry.path);
      return entry.kind === 'file' && entry.path === join(path, 'cdk.tf.json')
        ? []
        : [`${entry.path} beside the stack`];
    });
  };
  const { stacks } = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8')) as { stacks: object };
  const folders = listed('stacks').map(({ path }) => path);
  return [
    ...Object.keys(stacks)
      .filter((name) => !folders.includes(join('stacks', name)) || /[\\/]/.test(name))
      .map((name) => `a stack ${name} without a folder`),
    ...listed('stacks').flatMap(inStack),
  ];
}

/** What one stack's Terraform has that the project's own has not. */
export function distrustStack(configuration: Configuration, bucket: string): string[] {
  const { terraform = {}, provider = {}, resource = {}, data = {} } = configuration;
  const { required_providers: required = {}, backend = {} } = terraform;
  return [
    ...others(configuration, blocks).map((block) => `a ${block} block`),
    ...others(terraform, terraformSettings).map((setting) => `terraform with ${setting}`),
    ...Object.entries(required)
      .map(([name, given]) => sourceOf(name, given))
      .filter((source) => !providers.includes(source))
      .map((source) => `provider ${source}`),
    ...others(provider, ['aws', 'tls']).map((name) => `provider ${name}`),
    ...Object.entries(provider).flatMap(([name, aliases]) =>
      aliases.flatMap((settings) => others(settings, providerSettings).map((key) => `provider ${name} with ${key}`)),
    ),
    ...(Object.keys(backend as object).join() === 's3'
      ? foreignState('backend', (backend as { s3: unknown }).s3, bucket)
      : [`a backend other than the bucket ${bucket}`]),
    ...Object.entries(data).flatMap(([type, named]) =>
      Object.entries(named).flatMap(([name, settings]) => {
        if (type.startsWith('aws_')) return [];
        if (type !== 'terraform_remote_state') return [`data ${type}.${name}`];
        return settings.backend === 's3'
          ? foreignState(`data ${type}.${name}`, settings.config, bucket)
          : [`data ${type}.${name} from a backend other than the bucket ${bucket}`];
      }),
    ),
    ...Object.entries(resource).flatMap(([type, named]) =>
      Object.entries(named).flatMap(([name, settings]) => {
        if (!/^(?:aws|tls)_/.test(type)) return [`resource ${type}.${name}`];
        return 'provisioner' in settings ? [`a provisioner in ${type}.${name}`] : [];
      }),
    ),
    ...(readsFiles(configuration) ? ['a function that reads files of the machine that plans'] : []),
  ];
}

/** What a required provider is, by Terraform's rules for what is left out. */
function sourceOf(name: string, given: unknown): string {
  const source = isRecord(given) && typeof given.source === 'string' ? given.source : name;
  return source.includes('/') ? source : `hashicorp/${source}`;
}

/** Whether any text that may hold an expression names such a function; an escaped expression counts, since it costs nothing. */
function readsFiles(value: unknown): boolean {
  if (typeof value === 'string') return /[$%]\{/.test(value) && fileFunction.test(value);
  return typeof value === 'object' && value !== null && Object.entries(value).flat().some(readsFiles);
}

function foreignState(where: string, settings: unknown, bucket: string): string[] {
  if (!isRecord(settings) || settings.bucket !== bucket) return [`${where} with a bucket other than ${bucket}`];
  return others(settings, stateSettings).map((key) => `${where} with ${key}`);
}

function others(given: object, known: readonly string[]): string[] {
  return Object.keys(given).filter((key) => !known.includes(key));
}
