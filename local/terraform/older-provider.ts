import type { Arguments, Configuration, Difference } from './configuration';
import { compareVersions } from './provider-mirror';

/** What an older AWS provider does not know. `type` is a resource or data source; `*` is all of them. */
type Novelty = { type: string; argument: string; since: string } & (
  | { change: 'left out' }
  | { change: 'replaced'; value: unknown; by: unknown }
  | { change: 'lowered'; most: number }
);

/** Source: the provider's change log, https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md */
const novelties: readonly Novelty[] = [
  { type: '*', argument: 'region', since: '6.0.0', change: 'left out' },
  { type: 'aws_api_gateway_integration', argument: 'response_transfer_mode', since: '6.25.0', change: 'left out' },
  {
    type: 'aws_api_gateway_integration',
    argument: 'timeout_milliseconds',
    since: '6.25.0',
    change: 'lowered',
    most: 300_000,
  },
  {
    type: 'aws_lambda_function',
    argument: 'runtime',
    since: '6.21.0',
    change: 'replaced',
    value: 'nodejs24.x',
    by: 'nodejs22.x',
  },
];

/**
 * A stack's configuration with what only younger AWS providers know set back, and the list of what was changed. With the pinned
 * version, or a younger one, it comes back as it is.
 *
 * @param version the AWS provider that will run
 */
export function forOlderProvider(
  stack: string,
  configuration: Configuration,
  version: string,
): { configuration: Configuration; differences: Difference[] } {
  const unknown = novelties.filter(({ since }) => compareVersions(version, since) < 0);
  const differences: Difference[] = [];
  const setBack = (kind: '' | 'data.', blocks: Configuration['resource']): Configuration['resource'] =>
    mapBlocks(blocks, (type, name, given) => {
      const address = `${kind}${type}.${name}`;
      let result = given;
      for (const novelty of unknown.filter((each) => each.type === '*' || each.type === type)) {
        const change = apply(novelty, result);
        if (change === undefined) continue;
        result = change.result;
        differences.push({
          stack,
          address,
          change: change.text,
          reason: `AWS provider ${novelty.since} and newer only`,
        });
      }
      return result;
    });
  const resource = setBack('', configuration.resource);
  const data = setBack('data.', configuration.data);
  return {
    configuration: { ...configuration, ...(resource && { resource }), ...(data && { data }) },
    differences,
  };
}

function apply(novelty: Novelty, given: Arguments): { result: Arguments; text: string } | undefined {
  const { argument } = novelty;
  const value = given[argument];
  if (value === undefined) return undefined;
  switch (novelty.change) {
    case 'left out': {
      const { [argument]: _, ...rest } = given;
      return { result: rest, text: `${argument} = ${JSON.stringify(value)} left out` };
    }
    case 'replaced':
      if (value !== novelty.value) return undefined;
      return {
        result: { ...given, [argument]: novelty.by },
        text: `${argument} ${String(value)} → ${String(novelty.by)}`,
      };
    case 'lowered':
      if (typeof value !== 'number' || value <= novelty.most) return undefined;
      return { result: { ...given, [argument]: novelty.most }, text: `${argument} ${value} → ${novelty.most}` };
  }
}

function mapBlocks(
  blocks: Configuration['resource'],
  change: (type: string, name: string, given: Arguments) => Arguments,
): Configuration['resource'] {
  return (
    blocks &&
    Object.fromEntries(
      Object.entries(blocks).map(([type, named]) => [
        type,
        Object.fromEntries(Object.entries(named).map(([name, given]) => [name, change(type, name, given)])),
      ]),
    )
  );
}
