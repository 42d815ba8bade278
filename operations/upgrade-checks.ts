import type { Client } from '@elastic/elasticsearch';
import { reasonOf } from './search-client';

/** The smallest share of the data volume that has to be free: an upgrade writes indices of its own, and the disk watermarks come next. */
const leastFree = 0.15;

/**
 * What stands in the way of an upgrade beside versions and health, all of it; empty where nothing does. Changes nothing.
 * @param from the versions of the nodes
 */
export async function upgradeProblems(client: Client, from: readonly string[], target: string): Promise<string[]> {
  return [...(await diskProblems(client)), ...(await deprecations(client, from, target))];
}

/** Elasticsearch goes to newer versions only, and from the last minor of a major to the next major. */
export function versionProblems(current: string, target: string): string[] {
  const [from, to] = [parts(current), parts(target)];
  if (to === undefined) return [`${target}: an exact version, such as 9.5.3`];
  if (from === undefined) return [`Elasticsearch calls itself ${current}, which is no release`];
  const difference = to.map((part, at) => part - (from[at] ?? 0)).find((step) => step !== 0) ?? 0;
  if (difference === 0) return [`it is ${current} already`];
  if (difference < 0)
    return [
      `${target} is older than ${current}: data never goes back to an older version. The way back is a restore into a new volume`,
    ];
  const [fromMajor = 0, fromMinor = 0] = from;
  const [toMajor = 0] = to;
  if (toMajor - fromMajor > 1) return [`${current} goes to ${fromMajor + 1}.x first, not to ${target}`];
  if (fromMajor === 8 && toMajor === 9 && fromMinor < 19)
    return [`${current} goes to 8.19.x first: only the last minor of 8 goes to 9`];
  return [];
}

function parts(version: string): number[] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  return match?.slice(1).map(Number);
}

/** Disks that are too full. */
export async function diskProblems(client: Client): Promise<string[]> {
  const { nodes } = await client.nodes.stats({ metric: 'fs' });
  return Object.values(nodes).flatMap(({ name, fs }) => {
    const { available_in_bytes: free = 0, total_in_bytes: total = 1 } = fs?.total ?? {};
    if (free / total >= leastFree) return [];
    return [
      `${name} has ${Math.floor((100 * free) / total)} % of its disk free, ${100 * leastFree} % are needed: delete data or enlarge host.dataVolume.size`,
    ];
  });
}

async function deprecations(client: Client, from: readonly string[], target: string): Promise<string[]> {
  if (from.every((version) => version.split('.')[0] === target.split('.')[0])) return [];
  try {
    const found = await client.migration.deprecations();
    const groups = [
      found.cluster_settings,
      found.node_settings,
      found.ml_settings,
      ...Object.values(found.index_settings),
      ...Object.values(found.data_streams ?? {}),
    ];
    return groups
      .flat()
      .filter(({ level }) => level === 'critical')
      .map(({ message, url }) => `to be solved before ${target}: ${message} (${url})`);
  } catch (error) {
    return [`the deprecation check could not be made, which a new major needs: ${reasonOf(error)}`];
  }
}
