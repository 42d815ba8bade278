import { setTimeout as wait } from 'node:timers/promises';
import { type Client, errors } from '@elastic/elasticsearch';
import { UserError } from '../commands/terminal';
import { reasonOf } from './search-client';
import { repository, type Snapshot } from './snapshots';

export interface RestoreOptions {
  /** Names or patterns with `*` of indices and data streams. @default everything that people made */
  readonly indices?: readonly string[];
  /** Indices that are there and may be replaced, each by its name. */
  readonly overwrite?: readonly string[];
  /** What is restored gets its name with this before it, beside what is there. */
  readonly prefix?: string;
  /** Also users, roles, API keys, Kibana's objects, templates and cluster settings: they replace those that are there. */
  readonly everything?: boolean;
}

/** What a restore is going to do; made without changing anything. */
export interface RestorePlan {
  readonly snapshot: string;
  /** Names in the snapshot. */
  readonly names: readonly string[];
  /** Indices that are there and will be replaced. */
  readonly replaced: readonly string[];
  /** Those of {@link replaced} that are open. */
  readonly open: readonly string[];
  readonly prefix: string;
  readonly features: readonly string[];
}

/** An index or data stream after its restore. */
export interface Restored {
  readonly name: string;
  readonly documents: number;
}

/**
 * Looks at what is in the snapshot and what is in the cluster.
 * @throws UserError with everything that stands in the way at once
 */
export async function planRestore(client: Client, snapshot: Snapshot, options: RestoreOptions): Promise<RestorePlan> {
  const { indices: wanted = [], overwrite = [], prefix = '', everything = false } = options;
  if (snapshot.state !== 'SUCCESS')
    throw new UserError(`${snapshot.name} is not whole (${snapshot.state}): choose another, see --list`);
  if (!/^[a-z0-9][a-z0-9._-]*$|^$/.test(prefix))
    throw new UserError(`--prefix ${prefix}: small letters, digits, dots, hyphens, underscores`);
  const matching = (pattern: string) => snapshot.names.filter((name) => matches(pattern, name));
  const unknown = wanted.filter((pattern) => matching(pattern).length === 0);
  const names = wanted.length === 0 ? [...snapshot.names] : [...new Set(wanted.flatMap(matching))].sort();
  // A closed index is there, too: a restore would replace it without a word. What is hidden, such as Kibana's own streams, makes room.
  const { indices, data_streams: streams } = await client.indices.resolveIndex({
    name: '*',
    expand_wildcards: ['open', 'closed'],
  });
  const there = new Map(indices.map(({ name, attributes }) => [name, attributes.includes('closed')]));
  const targets = names.map((name) => `${prefix}${name}`);
  const taken = targets.filter((name) => there.has(name));
  const standing = streams.map(({ name }) => name).filter((name) => targets.includes(name));

  const problems = [
    ...unknown.map(
      (pattern) =>
        `--index ${pattern}: not in ${snapshot.name}, which holds ${snapshot.names.join(', ') || 'no index'}`,
    ),
    ...taken
      .filter((name) => !overwrite.includes(name))
      .map(
        (name) =>
          `${name} is there already${there.get(name) ? ', closed' : ''}: --overwrite ${name} to replace it, or --prefix restored- to restore beside it`,
      ),
    ...standing.map(
      (name) => `the data stream ${name} is there already: delete it first, or --prefix restored- to restore beside it`,
    ),
    ...overwrite
      .filter((name) => !taken.includes(name))
      .map(
        (name) =>
          `--overwrite ${name}: nothing of this name is there and in the restore; it takes whole names, no patterns`,
      ),
    ...(names.length === 0 && !everything && unknown.length === 0
      ? [`${snapshot.name} holds no index that people made; --everything restores users and Kibana's objects`]
      : []),
  ];
  if (problems.length > 0)
    throw new UserError(['Nothing was restored:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  const open = taken.filter((name) => !there.get(name));
  return {
    snapshot: snapshot.name,
    names,
    replaced: taken,
    open,
    prefix,
    features: everything ? snapshot.features : [],
  };
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/**
 * Carries a plan out and waits until every shard is recovered.
 * @param onProgress gets the share of bytes that is back, 0 to 1
 * @throws UserError where it could not be begun (then what is there is as before), a shard could not be restored, or its end cannot be seen
 */
export async function restore(
  client: Client,
  plan: RestorePlan,
  onProgress: (share: number) => void = () => {},
): Promise<Restored[]> {
  const everything = plan.features.length > 0;
  if (plan.open.length > 0) await client.indices.close({ index: [...plan.open] });
  try {
    await client.snapshot.restore(
      {
        repository,
        snapshot: plan.snapshot,
        indices: plan.names.length === 0 ? '-*' : [...plan.names],
        include_global_state: everything,
        ...(everything && { feature_states: [...plan.features] }),
        ...(plan.prefix !== '' && { rename_pattern: '(.+)', rename_replacement: `${plan.prefix}$1` }),
        wait_for_completion: false,
      },
      // a second one would find the first one's indices in its way
      { maxRetries: 0 },
    );
  } catch (error) {
    if (plan.open.length > 0) await client.indices.open({ index: [...plan.open] });
    throw new UserError(`the restore could not be begun, everything is as before: ${reasonOf(error)}`);
  }
  const targets = plan.names.map((name) => `${plan.prefix}${name}`);
  try {
    await recovered(client, everything ? undefined : targets, onProgress);
    return await Promise.all(
      targets.map(async (name) => ({ name, documents: (await client.count({ index: name })).count })),
    );
  } catch (error) {
    throw error instanceof errors.ElasticsearchClientError ? unseen(error, everything) : error;
  }
}

/** Waits until no primary shard is missing. While users are restored nobody can log in for a moment. */
async function recovered(
  client: Client,
  index: string[] | undefined,
  onProgress: (share: number) => void,
): Promise<void> {
  for (let strangeness = 0; ; await wait(500)) {
    try {
      // health calls a primary that waits for its restore yellow, so the shards are asked themselves
      const shards = await client.cat.shards({
        ...(index !== undefined && { index }),
        h: 'index,prirep,state',
        format: 'json',
      });
      const missing = shards.filter(({ prirep, state }) => prirep === 'p' && state !== 'STARTED');
      if (missing.length === 0) return onProgress(1);
      onProgress(await shareRecovered(client, index));
      if (missing.every(({ state }) => state === 'UNASSIGNED')) await refuseFailed(client);
      strangeness = 0;
    } catch (error) {
      if (error instanceof UserError || ++strangeness > 60) throw error;
    }
  }
}

/** What to tell where nobody may look any more at what has begun. */
function unseen(error: errors.ElasticsearchClientError, everything: boolean): UserError {
  const begun = 'The restore has begun and goes on by itself, but its end cannot be seen';
  return everything && error instanceof errors.ResponseError && error.statusCode === 401
    ? new UserError(
        `${begun}: the snapshot brought back its users with the passwords that they had then.\nnpm run password -- --on-host puts a new one into Systems Manager, which the host takes over at its next boot.`,
      )
    : new UserError(`${begun}: ${reasonOf(error)}`);
}

async function shareRecovered(client: Client, index: string[] | undefined): Promise<number> {
  const recovery = await client.indices.recovery({ ...(index !== undefined && { index }) });
  const sizes = Object.values(recovery)
    .flatMap(({ shards }) => shards)
    .filter(({ type }) => type === 'SNAPSHOT')
    .map((shard) => shard.index.size);
  const sum = (of: (size: (typeof sizes)[number]) => number) => sizes.reduce((so, size) => so + of(size), 0);
  const total = sum(({ total_in_bytes: bytes }) => Number(bytes));
  return total === 0 ? 0 : sum(({ recovered_in_bytes: bytes }) => Number(bytes)) / total;
}

/** A shard that Elasticsearch has given up to restore. */
async function refuseFailed(client: Client): Promise<void> {
  const explained = await client.cluster.allocationExplain().catch(() => undefined);
  const refusal = (explained?.node_allocation_decisions ?? [])
    .flatMap(({ deciders = [] }) => deciders)
    .find(({ decider, decision }) => decider === 'restore_in_progress' && decision === 'NO');
  if (refusal !== undefined)
    throw new UserError(`a shard of ${explained?.index} could not be restored: ${refusal.explanation}`);
}
