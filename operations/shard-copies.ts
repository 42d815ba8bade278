import type { Client } from '@elastic/elasticsearch';

/** No retries: whoever waits for shards asks again himself. */
const once = { maxRetries: 0, requestTimeout: 30_000 };

/**
 * Replicas that have no place and could have one. While nodes run different versions, a replica of what a newer node has written goes to no
 * older one: such a replica waits for the next upgraded node, and is not among them.
 * @see https://www.elastic.co/docs/deploy-manage/upgrade/deployment-or-cluster/elasticsearch
 */
export async function lackingReplicas(client: Client): Promise<string[]> {
  const shards = await client.cat.shards({ format: 'json', h: ['index', 'shard', 'prirep', 'state'] }, once);
  const unplaced = shards.filter(({ prirep, state }) => prirep === 'r' && state === 'UNASSIGNED');
  const groups = new Map(unplaced.map(({ index = '', shard = '' }) => [`${index} ${shard}`, { index, shard }]));
  const lacking: string[] = [];
  for (const [name, { index, shard }] of groups) {
    // it fails where the replica has found its place meanwhile, which the next look shows
    const explained = await client.cluster
      .allocationExplain({ index, shard: Number(shard), primary: false }, once)
      .catch(() => undefined);
    const waits =
      explained?.can_allocate === 'no' &&
      (explained.node_allocation_decisions ?? []).some(({ deciders = [] }) =>
        deciders.some(({ decider, decision }) => decider === 'node_version' && decision === 'NO'),
      );
    if (!waits) lacking.push(name);
  }
  return lacking;
}

/** Shards that are meant to have copies, and have the only one on this node. */
export async function lastCopies(client: Client, node: string): Promise<string[]> {
  const shards = await client.cat.shards({ format: 'json', h: ['index', 'shard', 'state', 'node'] }, once);
  const copies = new Map<string, { started: string[]; all: number }>();
  for (const { index, shard, state, node: where } of shards) {
    const group = copies.get(`${index} ${shard}`) ?? { started: [], all: 0 };
    const started = state === 'STARTED' && typeof where === 'string' ? [...group.started, where] : group.started;
    copies.set(`${index} ${shard}`, { started, all: group.all + 1 });
  }
  return [...copies]
    .filter(([, { started, all }]) => all > 1 && started.length === 1 && started[0] === node)
    .map(([name]) => name);
}
