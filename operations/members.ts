import type { Client } from '@elastic/elasticsearch';

/** A node of the cluster, as it is now. */
export interface Member {
  /** Its name, which its host has too: `node-0`. */
  readonly name: string;
  readonly version: string;
  /** When its process started, milliseconds since 1970: another number is another process. */
  readonly started: number;
}

/** The nodes that are in the cluster, the elected master last: while it is away the others have to elect another, once is enough. */
export async function membersOf(client: Client): Promise<Member[]> {
  const [{ nodes }, { master_node: master }] = await Promise.all([
    client.nodes.info({ metric: 'jvm' }),
    client.cluster.state({ metric: 'master_node' }) as Promise<{ master_node?: string }>,
  ]);
  return Object.entries(nodes)
    .map(([id, { name, version, jvm }]) => ({
      id,
      member: { name, version, started: Number(jvm?.start_time_in_millis ?? 0) },
    }))
    .sort(
      (one, other) =>
        Number(one.id === master) - Number(other.id === master) ||
        one.member.name.localeCompare(other.member.name, 'en', { numeric: true }),
    )
    .map(({ member }) => member);
}
