import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  type FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeInstancesCommand,
  EC2Client,
  type Instance,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Configuration } from './configuration';
import type { Host, Use } from './decision';
import type { Account, FailedStart } from './power';
import { formatDocument, parseDocument, type StartFailure, type StateDocument, unknownState } from './state-document';

/** Pages of a log that are read at most; a log with more to read counts as used. */
const mostPages = 5;
/** What a host says of being busy counts for so long after it said it, in milliseconds. */
const busyLasts = 2 * 3_600_000;

/** The account through AWS's own SDK, which Lambda's Node runtime carries. Hosts are found by their tags, never remembered. */
export class AwsAccount implements Account {
  private readonly ec2: EC2Client;
  private readonly s3: S3Client;
  private readonly logs: CloudWatchLogsClient;
  private readonly ssm: SSMClient;

  /** @param options the clients', for a rehearsal or a test: an endpoint, credentials */
  constructor(
    private readonly configuration: Configuration,
    options: object = {},
  ) {
    this.ec2 = new EC2Client(options);
    this.s3 = new S3Client(options);
    this.logs = new CloudWatchLogsClient(options);
    this.ssm = new SSMClient(options);
  }

  async hosts(): Promise<Host[]> {
    const { Reservations = [] } = await this.ec2.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: 'tag:searchgate:name', Values: [this.configuration.name] },
          { Name: 'tag-key', Values: ['searchgate:node'] },
        ],
      }),
    );
    return Reservations.flatMap(({ Instances = [] }) => Instances).map(host);
  }

  async read(): Promise<{ document: StateDocument; version: string | undefined }> {
    const { bucket, key } = this.configuration;
    const now = Date.now();
    try {
      const { Body, ETag } = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return { document: parseDocument((await Body?.transformToString()) ?? '', now), version: ETag };
    } catch (error) {
      if (errorName(error) === 'NoSuchKey') return { document: unknownState(now), version: undefined };
      throw error;
    }
  }

  async write(document: StateDocument, version: string | undefined): Promise<string | undefined> {
    const { bucket, key } = this.configuration;
    try {
      const { ETag } = await this.s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: formatDocument(document),
          ContentType: 'application/json',
          CacheControl: 'no-store',
          ...(version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version }),
        }),
      );
      return ETag;
    } catch (error) {
      if (['PreconditionFailed', 'ConditionalRequestConflict'].includes(errorName(error))) return undefined;
      throw error;
    }
  }

  async start(instanceIds: readonly string[]): Promise<FailedStart | undefined> {
    try {
      await this.ec2.send(new StartInstancesCommand({ InstanceIds: [...instanceIds] }));
      return undefined;
    } catch (error) {
      const code = errorName(error);
      return { ...startFailure(code), code };
    }
  }

  async stop(instanceIds: readonly string[]): Promise<void> {
    await this.ec2.send(new StopInstancesCommand({ InstanceIds: [...instanceIds] }));
  }

  async use(since: number, nodes: readonly string[]): Promise<Use> {
    const [busyUntil, ...used] = await Promise.all([
      this.busyUntil(nodes),
      ...this.configuration.logGroups.map((logGroup) => this.lastUse(logGroup, since)),
    ]);
    return { lastUse: newest(used), busyUntil };
  }

  /** When a forwarder last logged an answer of the host, from its log rather than from a metric, which would cost something. */
  private async lastUse(logGroupName: string, startTime: number): Promise<number | undefined> {
    let nextToken: string | undefined;
    let last: number | undefined;
    for (let page = 0; page < mostPages; page++) {
      const result = await this.usePage({ logGroupName, startTime, nextToken });
      const { events = [] } = result;
      last = newest([last, ...events.filter(({ message = '' }) => isUse(message)).map(({ timestamp }) => timestamp)]);
      nextToken = result.nextToken;
      if (nextToken === undefined) return last;
    }
    return Date.now();
  }

  private async usePage(
    input: Pick<FilterLogEventsCommandInput, 'logGroupName' | 'startTime' | 'nextToken'>,
  ): Promise<Pick<FilterLogEventsCommandOutput, 'events' | 'nextToken'>> {
    try {
      return await this.logs.send(new FilterLogEventsCommand({ ...input, filterPattern: '{ $.event = "in_use" }' }));
    } catch (error) {
      // A door that is not deployed has no log, and nobody comes through it.
      if (errorName(error) === 'ResourceNotFoundException') return {};
      throw error;
    }
  }

  private async busyUntil(nodes: readonly string[]): Promise<number | undefined> {
    const Names = nodes.map((node) => `${this.configuration.hostParameters}/${node}/busy-until`).slice(0, 10);
    if (Names.length === 0) return undefined;
    const { Parameters = [] } = await this.ssm.send(new GetParametersCommand({ Names }));
    return newest(
      Parameters.map(({ Value = '', LastModifiedDate }) =>
        Math.min(Date.parse(Value), (LastModifiedDate?.getTime() ?? 0) + busyLasts),
      ),
    );
  }
}

function host({ InstanceId = '', State, LaunchTime, Tags = [] }: Instance): Host {
  return {
    instanceId: InstanceId,
    node: Tags.find(({ Key }) => Key === 'searchgate:node')?.Value ?? '',
    state: (State?.Name as Host['state'] | undefined) ?? 'terminated',
    launched: LaunchTime?.getTime() ?? 0,
  };
}

/** EC2's code of a failed start in words for users. Source: "Error codes for the Amazon EC2 API". */
export function startFailure(code: string): StartFailure {
  if (/Insufficient(?:Instance|Host)Capacity/.test(code)) {
    return { type: 'capacity', reason: 'There is no machine of this type free at the moment' };
  }
  if (/LimitExceeded/.test(code)) return { type: 'quota', reason: 'The account runs as many machines as it may' };
  if (/Unauthorized|AccessDenied/.test(code)) {
    return { type: 'permission', reason: 'The power function may not start the host' };
  }
  return { type: 'other', reason: 'The host could not be started' };
}

function isUse(message: string): boolean {
  try {
    return (JSON.parse(message) as { event?: unknown } | null)?.event === 'in_use';
  } catch {
    return false;
  }
}

function newest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined && !Number.isNaN(time));
  return known.length === 0 ? undefined : Math.max(...(known as number[]));
}

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
