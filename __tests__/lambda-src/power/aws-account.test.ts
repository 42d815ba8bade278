import { gzipSync } from 'node:zlib';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AwsAccount, startFailure } from '../../../lambda-src/power/aws-account';
import { type Configuration, readConfiguration } from '../../../lambda-src/power/configuration';
import { occasionOf } from '../../../lambda-src/power/occasion';
import { carryOut } from '../../../lambda-src/power/power';
import { clientOptions } from '../../../local/emulator/account';
import { type Emulator, startEmulator } from '../../../local/emulator/emulator';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { describeWith } from '../../requirements';

const minute = 60_000;
const configuration: Configuration = {
  name: 'searchgate',
  bucket: 'searchgate-power',
  key: 'state.json',
  logGroups: ['/aws/lambda/searchgate-search', '/aws/lambda/searchgate-not-deployed'],
  hostParameters: '/searchgate/hosts',
  policy: { idleStop: true, idle: 30 * minute, grace: 0, wakesPerDay: 5 },
};

describeWith(['python'], 'the power function in an emulated account', () => {
  let emulator: Emulator;
  let ec2: EC2Client;
  let s3: S3Client;
  let account: AwsAccount;
  let logs: CloudWatchLogsClient;

  beforeAll(async () => {
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    const options = clientOptions(emulator.endpoint, 'us-east-1');
    ec2 = new EC2Client(options);
    s3 = new S3Client(options);
    logs = new CloudWatchLogsClient(options);
    account = new AwsAccount(configuration, options);
    await s3.send(new CreateBucketCommand({ Bucket: configuration.bucket }));
    const [logGroupName = ''] = configuration.logGroups;
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'one' }));
    await launch('searchgate', 'node-0');
    await launch('another', 'node-0');
  }, 120_000);

  afterAll(async () => {
    for (const client of [ec2, s3, logs]) client?.destroy();
    await emulator?.stop();
  });

  async function launch(name: string, node: string): Promise<void> {
    const Tags = [
      { Key: 'searchgate:name', Value: name },
      { Key: 'searchgate:node', Value: node },
    ];
    await ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-12c6146b',
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [{ ResourceType: 'instance', Tags }],
      }),
    );
  }

  async function states(): Promise<Record<string, string | undefined>> {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    return Object.fromEntries(
      instances.map(({ Tags = [], State }) => [Tags.find(({ Key }) => Key === 'searchgate:name')?.Value, State?.Name]),
    );
  }

  async function log(message: string, timestamp = Date.now()): Promise<void> {
    const [logGroupName = ''] = configuration.logGroups;
    await logs.send(
      new PutLogEventsCommand({ logGroupName, logStreamName: 'one', logEvents: [{ message, timestamp }] }),
    );
  }

  const on = (kind: 'wake' | 'check' | 'start' | 'stop') =>
    carryOut({ kind }, account, configuration.policy, () => undefined);

  it('finds the hosts of its own deployment by their tags, and no others', async () => {
    expect(await account.hosts()).toEqual([
      { instanceId: expect.stringMatching(/^i-/), node: 'node-0', state: 'running', launched: expect.any(Number) },
    ]);
  });

  it('writes the document only where nobody else has meanwhile', async () => {
    const { document, version } = await account.read();
    expect(version).toBeUndefined();
    const written = await account.write(document, undefined);
    expect(await account.write({ ...document, state: 'gone' }, written)).toBeDefined();
    expect(await account.write({ ...document, state: 'running' }, written)).toBeUndefined();
    expect((await account.read()).document.state).toBe('gone');
  });

  it('leaves a used host running, stops an unused one, wakes it, and publishes each as JSON', async () => {
    await log(JSON.stringify({ level: 'INFO', event: 'in_use', service: 'search' }));
    await on('check');
    await on('check');
    expect(await states()).toEqual({ searchgate: 'running', another: 'running' });

    // half an hour later, the same host
    const later = { now: () => Date.now() + 45 * minute, sleep: async () => undefined };
    await carryOut({ kind: 'check' }, account, configuration.policy, () => undefined, later);
    expect(await states()).toEqual({ searchgate: 'stopped', another: 'running' });

    await on('check');
    await on('wake');
    expect((await states()).searchgate).toBe('running');
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: configuration.bucket, Key: configuration.key }));
    expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({
      state: 'waking',
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      wakes: { count: 1 },
    });
  });

  it('counts an answer as use only where its line says so, whatever text a client sends', async () => {
    const since = Date.now() + 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await log(JSON.stringify({ level: 'ERROR', event: 'origin_timeout', reason: 'in_use' }));
    await log('"event":"in_use"');
    expect((await account.use(since, [])).lastUse).toBeUndefined();
    await log(JSON.stringify({ event: 'in_use' }));
    expect((await account.use(since, [])).lastUse).toBeGreaterThanOrEqual(since);
  });

  it('believes a host that it is busy, but no more than two hours after it said so', async () => {
    const ssm = new SSMClient(clientOptions(emulator.endpoint, 'us-east-1'));
    const say = (Value: string) =>
      ssm.send(
        new PutParameterCommand({
          Name: '/searchgate/hosts/node-0/busy-until',
          Type: 'String',
          Value,
          Overwrite: true,
        }),
      );
    try {
      const soon = Date.now() + 30 * minute;
      await say(new Date(soon).toISOString());
      expect((await account.use(0, ['node-0'])).busyUntil).toBe(soon);
      await say('2099-01-01T00:00:00Z');
      expect((await account.use(0, ['node-0'])).busyUntil).toBeLessThanOrEqual(Date.now() + 120 * minute);
      await say('for ever');
      expect((await account.use(0, ['node-0'])).busyUntil).toBeUndefined();
    } finally {
      ssm.destroy();
    }
  });
});

describe('what reaches the power function', () => {
  const now = Date.parse('2026-03-02T08:00:00Z');
  const batch = (...lines: unknown[]) => ({
    awslogs: {
      data: gzipSync(
        JSON.stringify({
          messageType: 'DATA_MESSAGE',
          logEvents: lines.map((line) => ({ timestamp: now, message: JSON.stringify(line) })),
        }),
      ).toString('base64'),
    },
  });

  it('is a wake where a line says that a request may wake', () => {
    expect(occasionOf(batch({ event: 'origin_unreachable', wake: true }), now)).toEqual({ kind: 'wake' });
    expect(occasionOf(batch({ event: 'origin_unreachable' }), now)).toBeUndefined();
    expect(occasionOf(batch({ event: 'in_use', wake: true }, 'origin_unreachable', null), now)).toBeUndefined();
  });

  it('is no wake where the line is old, or the batch only tests the subscription', () => {
    expect(occasionOf(batch({ event: 'origin_unreachable', wake: true }), now + 3_600_000)).toBeUndefined();
    const control = gzipSync(JSON.stringify({ messageType: 'CONTROL_MESSAGE', logEvents: [] })).toString('base64');
    expect(occasionOf({ awslogs: { data: control } }, now)).toBeUndefined();
  });

  it('is an order of a schedule or a person, or a mistake that is named', () => {
    expect(occasionOf({ action: 'check' }, now)).toEqual({ kind: 'check' });
    expect(occasionOf({ action: 'stop-now' }, now)).toEqual({ kind: 'stop', now: true });
    expect(occasionOf({ action: 'keep-awake', until: '2026-03-02T12:00:00Z' }, now)).toEqual({
      kind: 'keep-awake',
      until: Date.parse('2026-03-02T12:00:00Z'),
    });
    expect(occasionOf({ action: 'keep-awake' }, now)).toEqual({ kind: 'keep-awake', until: undefined });
    expect(() => occasionOf({ action: 'terminate' }, now)).toThrow('no such action: "terminate"');
    expect(() => occasionOf({ action: 'keep-awake', until: 'soon' }, now)).toThrow('until is no time: "soon"');
  });

  it('keeps nobody awake for longer than a month', () => {
    const occasion = occasionOf({ action: 'keep-awake', until: '2099-01-01T00:00:00Z' }, now);
    expect(occasion).toEqual({ kind: 'keep-awake', until: now + 31 * 24 * 3_600_000 });
  });
});

describe('why a start failed', () => {
  it.each([
    ['InsufficientInstanceCapacity', 'capacity'],
    ['VcpuLimitExceeded', 'quota'],
    ['UnauthorizedOperation', 'permission'],
    ['InternalError', 'other'],
  ])('%s is %s', (code, type) => {
    expect(startFailure(code).type).toBe(type);
  });
});

describe("the power function's environment", () => {
  const environment = {
    NAME: 'searchgate',
    STATE_BUCKET: 'b',
    STATE_KEY: 'state.json',
    LOG_GROUPS: '/aws/lambda/a,/aws/lambda/b',
    HOST_PARAMETERS: '/searchgate/hosts',
    IDLE_STOP: 'true',
    IDLE_MINUTES: '30',
    GRACE_MINUTES: '20',
    WAKES_PER_DAY: '20',
  };

  it('is read', () => {
    expect(readConfiguration(environment)).toEqual({
      name: 'searchgate',
      bucket: 'b',
      key: 'state.json',
      logGroups: ['/aws/lambda/a', '/aws/lambda/b'],
      hostParameters: '/searchgate/hosts',
      policy: { idleStop: true, idle: 30 * minute, grace: 20 * minute, wakesPerDay: 20 },
    });
  });

  it('is refused with all that is wrong at once', () => {
    expect(() => readConfiguration({ ...environment, NAME: '', IDLE_STOP: 'maybe' })).toThrow(
      "The power function's environment is wrong. NAME is missing; IDLE_STOP is not valid: maybe",
    );
  });
});
