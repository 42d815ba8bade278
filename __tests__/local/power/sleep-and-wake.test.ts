import { createServer as createHttpsServer, type Server } from 'node:https';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { bundleLambda } from '../../../constructs/lambda-bundle';
import { wakePattern } from '../../../constructs/wake-subscription';
import { clientOptions } from '../../../local/emulator/account';
import { type Emulator, startEmulator } from '../../../local/emulator/emulator';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { LambdaFunction } from '../../../local/lambda/lambda-function';
import { followHost } from '../../../local/power/follow-host';
import { LivePower } from '../../../local/power/live-power';
import { keepSilent } from '../../../local/power/silence';
import { type CertificateAuthority, makeCertificateAuthority } from '../../certificates';
import { type ClientRequest, gatewayEvent } from '../../lambda-src/forwarder/events';
import { describeWith } from '../../requirements';

const project = resolve(__dirname, '../../..');
const region = 'us-east-1';
const bucket = 'searchgate-power';
const logGroup = '/aws/lambda/searchgate-search';
const serverName = 'search.searchgate.internal';

describeWith(['python', 'openssl'], 'both real zips beside an emulated account', () => {
  let emulator: Emulator;
  let authority: CertificateAuthority;
  let ec2: EC2Client;
  let host: Server;
  let forwarder: LambdaFunction;
  let power: LivePower;
  let follower: { stop(): Promise<void> };
  let silence: { end(): void } | undefined;
  const clients: { destroy(): void }[] = [];
  const lines: string[] = [];
  const orders: string[] = [];

  beforeAll(async () => {
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    authority = makeCertificateAuthority();
    const { certificate, key } = authority.issue([serverName]);
    host = createHttpsServer({ cert: certificate, key }, (_request, response) => response.end('{"tagline":"awake"}'));
    await new Promise<void>((listening) => host.listen(0, '127.0.0.1', listening));
    const { port } = host.address() as { port: number };
    const powerZip = bundleLambda(join(project, 'lambda-src/power/index.ts'), ['@aws-sdk/*']).bytes;
    await furnish(powerZip);

    // The machine's power is the server's: it answers while EC2 says that the instance runs, and its address is silent otherwise.
    follower = followHost({ endpoint: emulator.endpoint, region, name: 'searchgate' }, async (running) => {
      if (running) {
        silence?.end();
        silence = undefined;
        if (!host.listening) await new Promise<void>((listening) => host.listen(port, '127.0.0.1', listening));
        return;
      }
      await new Promise((closed) => {
        host.close(closed);
        host.closeAllConnections();
      });
      silence = await keepSilent(port);
    });
    power = await LivePower.start({
      endpoint: emulator.endpoint,
      region,
      functionName: 'searchgate-power',
      zip: powerZip,
      runtimePackages: join(project, 'node_modules'),
      logGroups: [logGroup],
      every: 1_000,
      log: (text) => orders.push(text),
    });
    forwarder = new LambdaFunction({
      name: 'searchgate-search',
      arn: 'arn:aws:lambda:us-east-1:123456789012:function:searchgate-search',
      zip: bundleLambda(join(project, 'lambda-src/forwarder/index.ts')).bytes,
      handler: 'index.buffered',
      timeoutSeconds: 29,
      environment: {
        SERVICE: 'search',
        ORIGIN_ADDRESSES: '127.0.0.1',
        ORIGIN_PORT: String(port),
        ORIGIN_SERVER_NAME: serverName,
        ORIGIN_CA: authority.certificate,
        POWER_STATE_URL: `${emulator.endpoint}/${bucket}/state.json`,
        WAKE: 'requests',
      },
      log: ({ source, text }) => {
        if (source !== 'stdout') return;
        lines.push(text);
        void power.written(logGroup, text);
      },
    });
  }, 120_000);

  afterAll(async () => {
    await follower?.stop();
    silence?.end();
    await forwarder?.close();
    await power?.close();
    for (const client of clients) client.destroy();
    host?.closeAllConnections();
    host?.close();
    authority?.remove();
    await emulator?.stop();
  });

  /** What the stacks would deploy, as far as it matters here. */
  async function furnish(powerZip: Uint8Array): Promise<void> {
    const options = clientOptions(emulator.endpoint, region);
    ec2 = new EC2Client(options);
    const [s3, logs, lambda, scheduler] = [
      new S3Client(options),
      new CloudWatchLogsClient(options),
      new LambdaClient(options),
      new SchedulerClient(options),
    ];
    clients.push(ec2, s3, logs, lambda, scheduler);
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }));
    const Tags = [
      { Key: 'searchgate:name', Value: 'searchgate' },
      { Key: 'searchgate:node', Value: 'node-0' },
    ];
    const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }];
    await ec2.send(new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, TagSpecifications }));
    const trust = encodeURIComponent('{"Version":"2012-10-17","Statement":[]}');
    await fetch(emulator.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `AWS4-HMAC-SHA256 Credential=x/20260101/${region}/iam/aws4_request`,
      },
      body: `Action=CreateRole&RoleName=power&Version=2010-05-08&AssumeRolePolicyDocument=${trust}`,
    });
    const { FunctionArn } = await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'searchgate-power',
        Role: 'arn:aws:iam::123456789012:role/power',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Timeout: 150,
        MemorySize: 256,
        Code: { ZipFile: powerZip },
        Environment: {
          Variables: {
            NAME: 'searchgate',
            STATE_BUCKET: bucket,
            STATE_KEY: 'state.json',
            LOG_GROUPS: logGroup,
            HOST_PARAMETERS: '/searchgate/hosts',
            IDLE_STOP: 'true',
            IDLE_MINUTES: '1',
            GRACE_MINUTES: '0',
            WAKES_PER_DAY: '3',
          },
        },
      }),
    );
    await logs.send(
      new PutSubscriptionFilterCommand({
        logGroupName: logGroup,
        filterName: 'wake',
        filterPattern: wakePattern,
        destinationArn: FunctionArn,
      }),
    );
    await scheduler.send(
      new CreateScheduleCommand({
        Name: 'check',
        ScheduleExpression: 'rate(10 minutes)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: FunctionArn, RoleArn: 'arn:aws:iam::123456789012:role/power', Input: '{"action":"check"}' },
      }),
    );
  }

  async function ask(request: ClientRequest = {}): Promise<{ status: number; body: string }> {
    const answer = await forwarder.invoke(Buffer.from(JSON.stringify(gatewayEvent(request))));
    const { statusCode, body, isBase64Encoded } = JSON.parse((await buffer(answer)).toString());
    return { status: statusCode, body: isBase64Encoded ? Buffer.from(body, 'base64').toString() : body };
  }

  async function instance(): Promise<{ id: string; state: string | undefined }> {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    const { InstanceId = '', State } = Reservations[0]?.Instances?.[0] ?? {};
    return { id: InstanceId, state: State?.Name };
  }

  async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 20): Promise<void> {
    for (const deadline = Date.now() + seconds * 1_000; !(await holds()); await wait(200)) {
      if (Date.now() > deadline) throw new Error(`${what} did not happen; ${orders.join('\n')}\n${lines.join('\n')}`);
    }
  }

  it('use keeps the host awake through one check after another', async () => {
    expect(await ask()).toEqual({ status: 200, body: '{"tagline":"awake"}' });
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['in_use']);
    await wait(3_500);
    expect((await instance()).state).toBe('running');
    expect(await power.order({ action: 'status' })).toMatchObject({ state: 'running' });
  });

  it('a host that somebody stopped is woken by a form, which is told so, and a read after it is held and answered', async () => {
    await ec2.send(new StopInstancesCommand({ InstanceIds: [(await instance()).id] }));
    await until('the silence', () => silence !== undefined);
    await until('the state', async () => (await power.order({ action: 'status' })).state === 'asleep');

    const form = await ask({ method: 'POST', path: '/_bulk', body: '{}\n' });
    expect([form.status, JSON.parse(form.body).error]).toEqual([
      503,
      expect.objectContaining({ type: 'host_asleep', reason: expect.stringContaining('it is being woken') }),
    ]);
    expect(await ask()).toEqual({ status: 200, body: '{"tagline":"awake"}' });
    expect((await instance()).state).toBe('running');
    expect(await power.order({ action: 'status' })).toMatchObject({ wakes: { count: 1 } });
  }, 40_000);

  it('a line that asks for a wake starts the host, by the subscription alone', async () => {
    await ec2.send(new StopInstancesCommand({ InstanceIds: [(await instance()).id] }));
    await until('the state', async () => (await power.order({ action: 'status' })).state === 'asleep');
    await power.written(logGroup, JSON.stringify({ event: 'origin_unreachable', wake: false }));
    await wait(1_000);
    expect((await instance()).state).toBe('stopped');
    await power.written(logGroup, JSON.stringify({ event: 'origin_unreachable', wake: true }));
    await until('the wake', async () => (await instance()).state === 'running');
    expect(await power.order({ action: 'status' })).toMatchObject({ wakes: { count: 2 } });
  }, 40_000);

  it('a host that nobody uses for the idle time is stopped by the next check', async () => {
    await until('the stop', async () => (await instance()).state === 'stopped', 90);
    expect(orders.map((line) => JSON.parse(line).event)).toEqual(['starting', 'starting', 'stopping']);
    await until('the silence', () => silence !== undefined);
  }, 100_000);
});
