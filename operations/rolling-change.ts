import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '@elastic/elasticsearch';
import { UserError } from '../commands/terminal';
import { countDocuments, losses } from './document-counts';
import { patienceMinutes } from './host';
import { type Member, membersOf } from './members';
import { reasonOf } from './search-client';
import { lackingReplicas, lastCopies } from './shard-copies';
import { listSnapshots, takeSnapshot } from './snapshots';

/** What is done to every node of a cluster, one after the other. */
export interface NodeChange {
  /** In a few words, for a question and for messages. */
  readonly description: string;
  /** What the snapshot's name begins with, such as `before-9.5.3`. */
  readonly snapshot: string;
  /** Ends what an earlier run has begun and not ended, where that keeps a node out of the cluster. */
  finish?(options: RollOutOptions): Promise<Finished>;
  /** What stands in the way, all of it. */
  problems(members: readonly Member[]): Promise<string[]>;
  isDone(member: Member): Promise<boolean>;
  /** Tells what is going to be done to a node, where there is more to tell than its name. Changes nothing. */
  preview?(member: Member, tell: Tell): Promise<void>;
  /** Changes a node's host, which takes it out of the cluster for a while; ends when the host says that it is ready. */
  carryOut(member: Member, tell: Tell): Promise<void>;
  /** The version that a node runs afterwards. */
  versionAfter(member: Member): string;
}

/** What became of what an earlier run had begun. */
export type Finished = 'nothing to do' | 'done' | 'declined';

export type Tell = (text: string) => void;

export interface RollOutOptions {
  readonly tell: Tell;
  /** Whether to stop before anything is changed. */
  readonly lookOnly: boolean;
  /** Asks whether to go on, once it is told what is going to be done. */
  readonly agreed: () => Promise<boolean>;
}

/** No retries: whoever waits asks again himself, and a node that is away is no fault. */
const once = { maxRetries: 0, requestTimeout: 30_000 };
const allocation = 'cluster.routing.allocation.enable';

/**
 * Does a change to one node at a time: takes a snapshot, then for each node that is not done yet lets replicas rest where they are while it
 * is away, waits until the cluster is whole again, and at the end compares what is there with what was. Run again after a stop, it goes on.
 *
 * @param nodes how many nodes the settings name
 * @returns the snapshot's name; undefined where nothing was to be done, or was to be looked at only, or somebody said no
 * @throws UserError where something stands in the way, or a node does not come back; those that are done stay so
 */
export async function rollOut(
  client: Client,
  nodes: number,
  change: NodeChange,
  options: RollOutOptions,
): Promise<string | undefined> {
  const { tell, agreed, lookOnly } = options;
  const finished = await change.finish?.(options);
  if (finished === 'declined') return undefined;
  if (finished === 'done') await settled(client, nodes, tell);
  if (!lookOnly) {
    await takeBackAllocation(client, nodes, tell);
    await atRest(client, tell);
  }
  const members = await membersOf(client);
  const problems = [...(await healthProblems(client, members, nodes)), ...(await change.problems(members))];
  if (problems.length > 0)
    throw new UserError([`${change.description}: not now`, ...problems.map((problem) => `  ${problem}`)].join('\n'));
  const pending: Member[] = [];
  for (const member of members) {
    if (!(await change.isDone(member))) pending.push(member);
    else if (nodes > 1) tell(`${member.name} is done already`);
  }
  const snapshots = await listSnapshots(client);
  tell(`${change.description}: ${pending.map(({ name }) => name).join(', then ') || 'there is nothing to do'}`);
  for (const member of pending) await change.preview?.(member, tell);
  if (lookOnly || pending.length === 0 || !(await agreed())) return undefined;

  const earlier = snapshots.find(({ name, state }) => name.startsWith(`${change.snapshot}-`) && state === 'SUCCESS');
  const begun = pending.length < members.length ? earlier?.name : undefined;
  const snapshot = begun ?? `${change.snapshot}-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`;
  if (begun === undefined) await takeSnapshot(client, snapshot);
  tell(begun === undefined ? `the snapshot ${snapshot} is taken` : `the snapshot is ${snapshot}, taken before`);
  const before = await countDocuments(client);

  for (const [at, member] of pending.entries()) {
    try {
      await changeNode(client, nodes, change, { member, tell });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`${error.message}\n${stopped(pending, at, snapshot)}`);
    }
  }
  const lost = losses(before, await countDocuments(client));
  if (lost.length > 0)
    throw new UserError(
      [
        'Everything is changed and answers, but there is less than before. Unless somebody, or a lifecycle policy, deleted it meanwhile:',
        ...lost.map((loss) => `  ${loss}`),
        `npm run restore -- ${snapshot} brings it back.`,
      ].join('\n'),
    );
  tell(`${[...before.values()].reduce((sum, count) => sum + count, 0)} documents in ${before.size} indices are there`);
  return snapshot;
}

/** One node: away, back in the cluster, and the cluster whole again. */
async function changeNode(
  client: Client,
  nodes: number,
  change: NodeChange,
  { member, tell }: { member: Member; tell: Tell },
): Promise<void> {
  const several = nodes > 1;
  if (several) {
    await settled(client, nodes, tell, member.name);
    await setAllocation(client, 'primaries');
    // what cannot be flushed now is replayed at the start, which only takes longer
    await client.indices.flush().catch(() => undefined);
  }
  try {
    await change.carryOut(member, tell);
    await joined(client, member, change.versionAfter(member));
    tell(`${member.name} answers as ${change.versionAfter(member)}`);
  } finally {
    // also where it does not come back: the others then make the copies that are missing
    if (several) await setAllocation(client, null);
  }
  await settled(client, nodes, tell);
}

async function joined(client: Client, { name, started }: Member, version: string): Promise<void> {
  await within(`${name} is not back in the cluster as ${version}`, async () => {
    const { nodes } = await client.nodes.info({ node_id: name, metric: 'jvm' }, once);
    const [node] = Object.values(nodes);
    if (node === undefined || Number(node.jvm?.start_time_in_millis) === started) return 'it is not seen';
    return node.version === version ? undefined : `it is ${node.version}`;
  });
}

/**
 * Waits until no shard is missing; where there are several nodes, until all are there and each shard has the copies that it can have.
 * @param next a node that is going to be away, and may hold the last copy of nothing
 */
async function settled(client: Client, nodes: number, tell: Tell, next?: string): Promise<void> {
  let told = Date.now();
  await within('the cluster does not become whole', async () => {
    const amiss = await unrest(client, nodes, next);
    if (amiss !== undefined && Date.now() - told > 30_000) {
      told = Date.now();
      tell(amiss);
    }
    return amiss;
  });
}

/** Waits for a moment in which no shard is on its way: after a stop, Elasticsearch balances shards for a while. */
async function atRest(client: Client, tell: Tell): Promise<void> {
  let told = false;
  await within('shards do not settle', async () => {
    const { status, initializing_shards: starting, relocating_shards: moving } = await client.cluster.health({}, once);
    if (status === 'red' || starting + moving === 0) return undefined;
    if (!told) tell(`${starting + moving} shards are on their way: waiting for them`);
    told = true;
    return `${starting + moving} shards are on their way`;
  });
}

async function unrest(client: Client, nodes: number, next?: string): Promise<string | undefined> {
  const health = await client.cluster.health({}, once);
  const moving = health.initializing_shards + health.relocating_shards;
  const state = `${health.status}, ${health.number_of_nodes} of ${nodes} nodes, ${moving + health.unassigned_shards} shards not in their place`;
  if (health.status === 'red' || moving > 0) return state;
  if (nodes === 1) return undefined;
  if (health.number_of_nodes !== nodes) return state;
  if (health.status === 'yellow' && (await lackingReplicas(client)).length > 0) return state;
  const alone = next === undefined ? [] : await lastCopies(client, next);
  return alone.length === 0 ? undefined : `${next} holds the last copy of ${alone.join(', ')}`;
}

/** @param look gives what is still amiss, or undefined when all is well; that it fails meanwhile is no fault */
async function within(complaint: string, look: () => Promise<string | undefined>): Promise<void> {
  const deadline = Date.now() + patienceMinutes * 60_000;
  for (;;) {
    const amiss = await look().catch(reasonOf);
    if (amiss === undefined) return;
    if (Date.now() > deadline) throw new UserError(`${complaint} after ${patienceMinutes} minutes: ${amiss}`);
    await wait(1_000);
  }
}

async function setAllocation(client: Client, value: 'primaries' | null): Promise<void> {
  await within(`${allocation} cannot be set to ${value ?? 'all'}`, async () => {
    await client.cluster.putSettings({ persistent: { [allocation]: value } });
    return undefined;
  });
}

/** What a run that was cut off left behind. */
async function takeBackAllocation(client: Client, nodes: number, tell: Tell): Promise<void> {
  const { persistent } = await client.cluster.getSettings({ flat_settings: true });
  if (nodes === 1 || persistent[allocation] !== 'primaries') return;
  await setAllocation(client, null);
  tell('replicas may be placed again: a run that was cut off had left that out');
  await settled(client, nodes, tell);
}

async function healthProblems(client: Client, members: readonly Member[], nodes: number): Promise<string[]> {
  const health = await client.cluster.health();
  const moving = health.initializing_shards + health.relocating_shards;
  const wanted = Array.from({ length: nodes }, (_, index) => `node-${index}`);
  const there = members.map(({ name }) => name);
  const lacking = nodes > 1 && moving === 0 ? await lackingReplicas(client) : [];
  const explain = 'GET _cluster/allocation/explain says why';
  return [
    ...wanted
      .filter((name) => !there.includes(name))
      .map((name) => `${name} is not in the cluster: npm run host:status, and wait until it is back`),
    ...there
      .filter((name) => !wanted.includes(name))
      .map((name) => `${name} is in the cluster and not in the settings, which name ${nodes} (host.nodes)`),
    ...(health.status === 'red' ? [`the cluster is red: a shard is missing. ${explain}`] : []),
    // on one node replicas have no place, which is yellow and no trouble
    ...(lacking.length > 0
      ? [
          `the cluster is yellow: ${lacking.join(', ')} ${lacking.length > 1 ? 'lack copies' : 'lacks a copy'}, and the next node could hold the last one. ${explain}`,
        ]
      : []),
    ...(moving > 0 ? [`${moving} shards are on their way: wait until they have settled`] : []),
  ];
}

function stopped(pending: readonly Member[], at: number, snapshot: string): string {
  const names = (members: readonly Member[]) => members.map(({ name }) => name).join(', ');
  const [done, here, rest] = [pending.slice(0, at), pending[at]?.name, pending.slice(at + 1)];
  return [
    `Stopped at ${here}.${done.length > 0 ? ` ${names(done)} ${done.length > 1 ? 'are' : 'is'} done.` : ''}${rest.length > 0 ? ` ${names(rest)} ${rest.length > 1 ? 'were' : 'was'} not touched.` : ''}`,
    `When ${here} is well (npm run host:status), run the same again: it goes on from here. The way back is ${snapshot}: docs/snapshots.md.`,
  ].join('\n');
}
