import { setTimeout as wait } from 'node:timers/promises';
import type { Client, estypes } from '@elastic/elasticsearch';
import { UserError } from '../commands/terminal';
import { reasonOf } from './search-client';

/** The repository that hosts register. */
export const repository = 'searchgate';

/** A snapshot, by what a person chooses it by. */
export interface Snapshot {
  readonly name: string;
  /** SUCCESS, or why it is none: PARTIAL, FAILED, IN_PROGRESS. */
  readonly state: string;
  /** When it began. */
  readonly began: Date;
  /** Elasticsearch's version that took it. */
  readonly version: string;
  /** Ordinary indices and data streams: what people made. */
  readonly names: readonly string[];
  /** Features whose system indices are in it, such as security and kibana. */
  readonly features: readonly string[];
}

/**
 * Every snapshot, the newest first.
 * @throws UserError where the repository is not there or cannot be read
 */
export async function listSnapshots(client: Client): Promise<Snapshot[]> {
  try {
    const { snapshots = [] } = await client.snapshot.get({
      repository,
      snapshot: '*',
      sort: 'start_time',
      order: 'desc',
    });
    return snapshots.map(described);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404)
      throw new UserError(`snapshots cannot be read: ${reasonOf(error)}`);
    throw new UserError(
      `there is no repository "${repository}" here. A host registers it some minutes after it is ready, unless snapshots.enabled is false in its settings; ` +
        'what hinders it is in its parameter .../hosts/node-0/snapshots.',
    );
  }
}

function described(snapshot: estypes.SnapshotSnapshotInfo): Snapshot {
  const { indices = [], data_streams: streams = [] } = snapshot;
  return {
    name: snapshot.snapshot,
    state: snapshot.state ?? 'unknown',
    began: new Date(snapshot.start_time_in_millis ? Number(snapshot.start_time_in_millis) : 0),
    version: snapshot.version ?? 'unknown',
    names: [...indices.filter((index) => !index.startsWith('.')), ...streams].sort(),
    features: (snapshot.feature_states ?? []).map(({ feature_name: feature }) => feature),
  };
}

/**
 * Takes a snapshot of everything under a name that no host ever deletes, and waits until it is whole.
 * @param onProgress gets the share that is done, 0 to 1
 * @throws UserError where it is not whole
 */
export async function takeSnapshot(
  client: Client,
  name: string,
  onProgress: (share: number) => void = () => {},
): Promise<void> {
  await client.snapshot.create({ repository, snapshot: name, wait_for_completion: false }).catch((error) => {
    throw new UserError(`the snapshot ${name} could not be begun: ${reasonOf(error)}`);
  });
  for (;;) {
    const {
      snapshots: [found],
    } = await client.snapshot.status({ repository, snapshot: name });
    const { state = '', shards_stats: shards } = found ?? {};
    if (state === 'SUCCESS') return;
    if (state === 'FAILED' || state === 'PARTIAL' || state === 'ABORTED')
      throw new UserError(`the snapshot ${name} is not whole: ${state}`);
    onProgress((shards?.done ?? 0) / Math.max(1, shards?.total ?? 0));
    await wait(1_000);
  }
}
