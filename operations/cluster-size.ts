import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '@elastic/elasticsearch';
import { UserError } from '../commands/terminal';

/** Milliseconds without a shard that moves after which a person has to look. */
const stuck = 10 * 60_000;
const excluded = 'cluster.routing.allocation.exclude._name';

/** A cluster, as far as its size goes. */
export interface ClusterSize {
  /** green, yellow or red. */
  readonly status: string;
  /** Names of the nodes that are there, sorted. */
  readonly nodes: readonly string[];
  readonly master: string;
  /** Nodes that get no shards, since they are to leave. */
  readonly leaving: readonly string[];
}

export async function clusterSize(client: Client): Promise<ClusterSize> {
  const [{ status }, nodes, settings] = await Promise.all([
    client.cluster.health(),
    client.cat.nodes({ h: 'name,master', format: 'json' }),
    client.cluster.getSettings({ flat_settings: true }),
  ]);
  const text = String(settings.persistent[excluded] ?? '');
  return {
    status,
    nodes: nodes.map(({ name = '' }) => name).sort(),
    master: nodes.find(({ master }) => master === '*')?.name ?? 'none',
    leaving: text === '' ? [] : text.split(','),
  };
}

/**
 * Moves what only the last nodes hold to those that stay, and takes their votes, so that they can be taken away and nothing is
 * lost. It can be broken off and run again; until the nodes are gone {@link settle} takes it back.
 *
 * @param to how many nodes stay: node-0 to node-(to - 1)
 * @param onProgress gets how many shards have no copy yet on a node that stays
 * @returns the nodes that can go
 * @throws UserError where copies are missing beforehand, where a node that stays is away, or where nothing moves
 */
export async function drain(
  client: Client,
  to: number,
  onProgress: (left: number) => void = () => {},
): Promise<string[]> {
  const { status, nodes } = await clusterSize(client);
  const staying = Array.from({ length: to }, (_, node) => `node-${node}`);
  const leaving = nodes.filter((name) => !staying.includes(name));
  const away = staying.filter((name) => !nodes.includes(name));
  const problems = [
    ...(leaving.length === 0 ? [`no node would leave: there are ${nodes.join(', ')}`] : []),
    ...(away.length > 0 ? [`${away.join(', ')} should stay and ${away.length === 1 ? 'is' : 'are'} not there`] : []),
    ...(status === 'green' ? [] : [`the cluster is ${status}: copies of shards are missing, wait until it is green`]),
  ];
  if (problems.length > 0) throw new UserError(['Nothing was changed:', ...problems].join('\n  '));

  await client.cluster.putSettings({ persistent: { [excluded]: leaving.join(',') } });
  let last = Number.POSITIVE_INFINITY;
  for (let since = Date.now(); ; await wait(1_000)) {
    const left = await onlyOn(client, leaving);
    if (left === 0) break;
    if (left < last) since = Date.now();
    if (Date.now() - since > stuck) {
      throw new UserError(
        `no shard has moved for ten minutes, ${left} are on ${leaving.join(', ')} alone: GET _cluster/allocation/explain says why (a full disk, most often). Run this again afterwards.`,
      );
    }
    last = left;
    onProgress(left);
  }
  await client.cluster.postVotingConfigExclusions({ node_names: leaving, timeout: '60s' });
  return leaving;
}

/** Lets all nodes that are there hold shards and vote: after others have left, or instead of that. */
export async function settle(client: Client): Promise<void> {
  await client.cluster.putSettings({ persistent: { [excluded]: null } });
  await client.cluster.deleteVotingConfigExclusions({ wait_for_removal: false });
}

/** How many shards have no whole copy on another node than these. */
async function onlyOn(client: Client, leaving: readonly string[]): Promise<number> {
  const copies = await client.cat.shards({ h: 'index,shard,state,node', format: 'json' });
  const safe = new Map<string, boolean>();
  for (const { index, shard, state, node } of copies) {
    const key = `${index} ${shard}`;
    const holds = (state === 'STARTED' || state === 'RELOCATING') && !leaving.includes(node?.split(' ')[0] ?? '');
    safe.set(key, (safe.get(key) ?? false) || holds);
  }
  return [...safe.values()].filter((whole) => !whole).length;
}
