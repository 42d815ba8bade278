import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type Client, errors } from '@elastic/elasticsearch';
import { nodeName } from '../constructs/deployment-names';
import { ParameterNames } from '../constructs/parameter-names';
import {
  openSearchClient,
  reasonOf,
  type SearchClientOptions,
  searchDoorUrl,
  storedPassword,
} from '../operations/search-client';
import type { Settings } from '../settings';

/** What EC2 says of a host's machine. */
export interface Instance {
  readonly id: string;
  readonly type: string;
  /** As EC2 calls it: `running`, `stopped` and so on. */
  readonly state: string;
  /** When it was launched or last started, ISO 8601. */
  readonly launched: string | undefined;
}

/** What a host says of itself: the outcome of its last setup (`report` of cloud-init/files) and how it is (`status`). */
export interface Report {
  readonly setup: Readonly<Record<string, unknown>> | null;
  readonly health: Readonly<Record<string, unknown>> | null;
  /** ISO 8601. */
  readonly busyUntil: string | null;
}

export interface NodeStatus {
  readonly node: string;
  readonly instance: Instance | null;
  readonly report: Report | null;
}

export interface HostStatus {
  readonly nodes: readonly NodeStatus[];
  /** What Elasticsearch says through the search door. */
  readonly door: {
    readonly version: string;
    readonly cluster: string;
    readonly heapUsedPercent: readonly number[];
  } | null;
  /** What could not be seen, and why. */
  readonly unseen: readonly string[];
}

/**
 * Looks at a deployment's hosts from outside: EC2, the hosts' own reports, and Elasticsearch through the door, the last only while a host
 * runs, since it would wake one that sleeps. What cannot be seen is named with the reason, and does not keep the rest from being seen.
 */
export async function lookAtHosts(
  settings: Settings,
  address: Pick<SearchClientOptions, 'url' | 'ca'>,
): Promise<HostStatus> {
  const reasons: (string | null)[] = [];
  const seen = async <Value>(what: string, look: Promise<Value>): Promise<Value | null> => {
    const place = reasons.push(null) - 1; // in the order of asking, not of answering, so that two runs read alike
    try {
      return await look;
    } catch (error) {
      const { cause, message } = error as Error;
      reasons[place] = `${what}: ${cause instanceof Error ? cause.message : message}`;
      return null;
    }
  };
  const unseen = () => reasons.filter((reason) => reason !== null);
  const url = (address.url ?? searchDoorUrl(settings)).replace(/\/$/, '');
  const ssm = new SSMClient({ region: settings.region });
  try {
    const nodes = Array.from({ length: settings.host.nodes }, (_, index) => nodeName(index));
    const [instances, reports] = await Promise.all([
      seen('instances', instancesOf(settings)),
      Promise.all(nodes.map((node) => seen(`reports of ${node}`, reportOf(ssm, settings, node)))),
    ]);
    const status = nodes.map((node, index) => ({
      node,
      instance: instances?.get(node) ?? null,
      report: reports[index] ?? null,
    }));
    for (const { node } of status.filter(({ instance }) => instances !== null && instance === null))
      reasons.push(`${node}: no instance carries its tags in ${settings.region}: npx cdktf deploy '*'`);
    if (!status.some(({ instance }) => instance?.state === 'running')) {
      reasons.push(`${url}: not asked, since no host is known to run and asking would wake one`);
      return { nodes: status, door: null, unseen: unseen() };
    }
    const password = await seen(`${url} not asked, since the password cannot be read`, storedPassword(ssm, settings));
    return {
      nodes: status,
      door: password === null ? null : await seen(url, throughDoor(settings, { ...address, url, password })),
      unseen: unseen(),
    };
  } finally {
    ssm.destroy();
  }
}

/** A host's machine by its node; of several the one that lives. */
async function instancesOf({ name, region }: Settings): Promise<Map<string, Instance>> {
  const ec2 = new EC2Client({ region });
  try {
    const { Reservations = [] } = await ec2.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: 'tag:searchgate:name', Values: [name] },
          { Name: 'tag-key', Values: ['searchgate:node'] },
          { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
        ],
      }),
    );
    const found = Reservations.flatMap(({ Instances = [] }) => Instances).map(
      ({ InstanceId, InstanceType, State, LaunchTime, Tags = [] }): [string, Instance] => [
        Tags.find(({ Key }) => Key === 'searchgate:node')?.Value ?? '',
        {
          id: InstanceId ?? '',
          type: InstanceType ?? '',
          state: State?.Name ?? '',
          launched: LaunchTime?.toISOString(),
        },
      ],
    );
    return new Map(found);
  } finally {
    ec2.destroy();
  }
}

async function reportOf(ssm: SSMClient, { name }: Settings, node: string): Promise<Report> {
  const below = new ParameterNames(name).host(node);
  const Names = ['status', 'health', 'busy-until'].map((report) => `${below}/${report}`);
  const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names }));
  const value = (report: string) => Parameters.find(({ Name }) => Name === `${below}/${report}`)?.Value;
  const object = (report: string) => JSON.parse(value(report) ?? 'null') as Report['health'];
  return { setup: object('status'), health: object('health'), busyUntil: value('busy-until') ?? null };
}

async function throughDoor(settings: Settings, options: SearchClientOptions): Promise<NonNullable<HostStatus['door']>> {
  const client: Client = await openSearchClient(settings, { ...options, maxRetries: 0 });
  try {
    const [root, health, { nodes }] = await Promise.all([
      client.info(),
      client.cluster.health(),
      client.nodes.stats({ metric: 'jvm' }),
    ]);
    return {
      version: root.version.number,
      cluster: health.status,
      heapUsedPercent: Object.values(nodes).map(({ jvm }) => jvm?.mem?.heap_used_percent ?? 0),
    };
  } catch (error) {
    const status = error instanceof errors.ResponseError ? error.statusCode : undefined;
    if (status === 401)
      throw new Error('the password that Systems Manager holds is not valid: npm run password -- --help');
    throw new Error(status === undefined ? reasonOf(error) : `it answered ${status}: ${reasonOf(error)}`);
  } finally {
    await client.close();
  }
}
