import type { Configuration } from '../local/terraform/configuration';

/** Providers that the project itself uses. Any other would be a program of the author's choice, run with the reader's credentials. */
const providers = ['hashicorp/aws', 'hashicorp/tls'];
const blocks = [
  '//',
  'terraform',
  'provider',
  'resource',
  'data',
  'locals',
  'output',
  'moved',
  'removed',
  'import',
  'check',
];

/**
 * Why a synth made by code that nobody has reviewed may not be planned with credentials, in words; empty where it may. Terraform
 * runs a provider's program while it plans, so a stack that brings its own, or a module, or another backend, could take the
 * credentials along.
 *
 * @param bucket the state bucket that the reviewed settings name
 */
export function distrust(stack: string, configuration: Configuration, bucket: string): string[] {
  const required = configuration.terraform?.required_providers ?? {};
  const backend = configuration.terraform?.backend as Record<string, { bucket?: unknown; key?: unknown }> | undefined;
  const complaint = (text: string) => `${stack}: ${text}`;
  return [
    ...Object.values(required)
      .map(({ source }) => (source.includes('/') ? source : `hashicorp/${source}`))
      .filter((source) => !providers.includes(source))
      .map((source) => complaint(`provider ${source}`)),
    ...Object.keys(configuration)
      .filter((block) => !blocks.includes(block))
      .map((block) => complaint(`a ${block} block`)),
    ...Object.entries(configuration.provider ?? {}).flatMap(([name, aliases]) =>
      aliases.flatMap((settings) =>
        Object.keys(settings)
          .filter((key) => !['region', 'default_tags', 'alias'].includes(key))
          .map((key) => complaint(`provider ${name} with ${key}`)),
      ),
    ),
    ...(Object.keys(backend ?? {}).join() === 's3' && backend?.s3?.bucket === bucket
      ? []
      : [complaint(`a backend other than the bucket ${bucket}`)]),
    ...Object.entries({ ...configuration.data }).flatMap(([type, named]) =>
      type.startsWith('aws_') || type === 'terraform_remote_state'
        ? []
        : Object.keys(named).map((name) => complaint(`data ${type}.${name}`)),
    ),
    ...Object.entries({ ...configuration.resource }).flatMap(([type, named]) =>
      Object.entries(named).flatMap(([name, settings]) =>
        type.startsWith('aws_') || type.startsWith('tls_')
          ? 'provisioner' in settings
            ? [complaint(`a provisioner in ${type}.${name}`)]
            : []
          : [complaint(`resource ${type}.${name}`)],
      ),
    ),
  ];
}
