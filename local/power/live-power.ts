import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  DescribeSubscriptionFiltersCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { clientOptions } from '../emulator/account';
import { LambdaFunction } from '../lambda/lambda-function';
import { emulatedCredentials } from '../terraform/emulated-environment';
import { filterPattern } from './filter-pattern';

export interface LivePowerOptions {
  readonly endpoint: string;
  readonly region: string;
  /** The power function, such as `searchgate-power`. */
  readonly functionName: string;
  /** Its zip. */
  readonly zip: Uint8Array;
  /** Where packages lie that Lambda's runtime has by itself. */
  readonly runtimePackages: string;
  /** Log groups of the forwarders. */
  readonly logGroups: readonly string[];
  /** Laid over the function's deployed environment, such as shorter times. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds between two runs of a schedule with a rate, in place of its own. */
  readonly every?: number;
  /** What the function writes and what fails. */
  readonly log?: (text: string) => void;
}

/** The name of the one log stream that everything of a rehearsal is written to. */
const streamName = 'rehearsal';
/** Lambda's own time for a batch of log lines, in milliseconds. */
const gathering = 200;

interface Subscription {
  readonly logGroup: string;
  readonly matches: (message: string) => boolean;
}

/**
 * The power function at work: the emulated AWS stores schedules, subscriptions and targets but carries none of them out, so they
 * are read there and carried out here, with the function's real zip. The function talks to the emulated AWS as it would to AWS.
 */
export class LivePower {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly pending = new Map<string, string[]>();
  private readonly under = new Set<Promise<unknown>>();

  private constructor(
    private readonly options: LivePowerOptions,
    private readonly lambda: LambdaFunction,
    private readonly logs: CloudWatchLogsClient,
    private readonly subscriptions: readonly Subscription[],
  ) {}

  /** Reads what is deployed, and runs schedules from now on. @throws where the function is not deployed */
  static async start(options: LivePowerOptions): Promise<LivePower> {
    const clients = clientOptions(options.endpoint, options.region);
    const logs = new CloudWatchLogsClient(clients);
    const lambda = await deployedFunction(options);
    const subscriptions = (
      await Promise.all(options.logGroups.map((group) => subscribed(logs, group, options)))
    ).flat();
    for (const logGroupName of options.logGroups) {
      await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: streamName })).catch((error: Error) => {
        if (error.name !== 'ResourceAlreadyExistsException') throw error;
      });
    }
    const power = new LivePower(options, lambda, logs, subscriptions);
    for (const { rate, event } of await schedules(options)) {
      power.timers.push(setInterval(() => void power.send(event), options.every ?? rate));
    }
    return power;
  }

  /** A line that a forwarder wrote: into its log, and on to the power function where a subscription says so. */
  async written(logGroup: string, message: string): Promise<void> {
    const logEvents = [{ message, timestamp: Date.now() }];
    await this.logs.send(new PutLogEventsCommand({ logGroupName: logGroup, logStreamName: streamName, logEvents }));
    if (!this.subscriptions.some((each) => each.logGroup === logGroup && each.matches(message))) return;
    const batch = this.pending.get(logGroup);
    if (batch !== undefined) {
      batch.push(message);
      return;
    }
    this.pending.set(logGroup, [message]);
    this.timers.push(setTimeout(() => this.deliver(logGroup), gathering));
  }

  /** Invokes the function, as a schedule or a person would. @throws what the function throws */
  async order(event: object): Promise<Record<string, unknown>> {
    const answer = await this.lambda.invoke(Buffer.from(JSON.stringify(event)));
    return JSON.parse((await buffer(answer)).toString()) as Record<string, unknown>;
  }

  /** Ends everything, after what is under way. */
  async close(): Promise<void> {
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
    await Promise.all(this.under);
    await this.lambda.close();
    this.logs.destroy();
  }

  private deliver(logGroup: string): void {
    const messages = this.pending.get(logGroup) ?? [];
    this.pending.delete(logGroup);
    const batch = {
      messageType: 'DATA_MESSAGE',
      owner: '123456789012',
      logGroup,
      logStream: streamName,
      subscriptionFilters: ['wake'],
      logEvents: messages.map((message, id) => ({ id: String(id), timestamp: Date.now(), message })),
    };
    void this.send({ awslogs: { data: gzipSync(JSON.stringify(batch)).toString('base64') } });
  }

  /** As asynchronous invocations are: who sends does not learn what became of it, the log does. */
  private send(event: object): Promise<void> {
    const sent = this.order(event).then(
      () => undefined,
      (error: Error) => this.options.log?.(`the power function failed: ${error.message}`),
    );
    this.under.add(sent);
    return sent.finally(() => this.under.delete(sent));
  }
}

async function deployedFunction(options: LivePowerOptions): Promise<LambdaFunction> {
  const { endpoint, region, functionName, zip, runtimePackages, environment, log } = options;
  const client = new LambdaClient(clientOptions(endpoint, region));
  try {
    const { FunctionArn, Handler, Timeout, MemorySize, Environment } = await client.send(
      new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    );
    return new LambdaFunction({
      name: functionName,
      arn: FunctionArn ?? '',
      zip,
      handler: Handler ?? '',
      timeoutSeconds: Timeout ?? 3,
      memory: MemorySize,
      region,
      sandboxes: 4,
      environment: {
        ...Environment?.Variables,
        ...environment,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: accessKeyOf(functionName),
        AWS_SECRET_ACCESS_KEY: emulatedCredentials.secretAccessKey,
        NODE_PATH: runtimePackages,
        NODE_NO_WARNINGS: '1',
      },
      log: ({ text }) => log?.(text),
    });
  } finally {
    client.destroy();
  }
}

async function subscribed(
  logs: CloudWatchLogsClient,
  logGroup: string,
  { functionName }: LivePowerOptions,
): Promise<Subscription[]> {
  const { subscriptionFilters = [] } = await logs.send(
    new DescribeSubscriptionFiltersCommand({ logGroupName: logGroup }),
  );
  return subscriptionFilters
    .filter(({ destinationArn }) => destinationArn?.endsWith(`:function:${functionName}`))
    .map((filter) => ({ logGroup, matches: filterPattern(filter.filterPattern ?? '') }));
}

/** What invokes the function at a rate. Schedules by the clock are left to AWS: a rehearsal is over before they are due. */
async function schedules({
  endpoint,
  region,
  functionName,
}: LivePowerOptions): Promise<{ rate: number; event: object }[]> {
  const client = new SchedulerClient(clientOptions(endpoint, region));
  try {
    const { Schedules = [] } = await client.send(new ListSchedulesCommand({}));
    const all = await Promise.all(Schedules.map(({ Name }) => client.send(new GetScheduleCommand({ Name }))));
    return all.flatMap(({ ScheduleExpression = '', Target }) => {
      const minutes = /^rate\((\d+) minutes?\)$/.exec(ScheduleExpression)?.[1];
      if (minutes === undefined || !Target?.Arn?.endsWith(`:function:${functionName}`)) return [];
      return [{ rate: Number(minutes) * 60_000, event: JSON.parse(Target.Input ?? '{}') as object }];
    });
  } finally {
    client.destroy();
  }
}

/** Any key is good for the emulator. One of the length and letters of AWS's own also tells in its list of calls who called. */
export function accessKeyOf(functionName: string): string {
  return functionName
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .padEnd(20, '0')
    .slice(0, 20);
}
