import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APIGatewayClient, CreateDomainNameCommand, UpdateAccountCommand } from '@aws-sdk/client-api-gateway';
import { BudgetsClient, CreateBudgetCommand } from '@aws-sdk/client-budgets';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreatePolicyCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { accountChecks, credentials } from '../../doctor/account-checks';
import { authorityChecks } from '../../doctor/authority-check';
import { AwsAccount } from '../../doctor/aws-account';
import { examine, type Result, type Surroundings } from '../../doctor/check';
import { domainChecks, type NameServers } from '../../doctor/domain-checks';
import { lockChecks } from '../../doctor/lock-check';
import { nameChecks } from '../../doctor/name-checks';
import { clientOptions } from '../../local/emulator/account';
import { type Emulator, startEmulator } from '../../local/emulator/emulator';
import { pythonEnvironment } from '../../local/emulator/python-environment';
import { readStacks } from '../../local/terraform/configuration';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';
import { makeCertificateAuthority } from '../certificates';
import { runScript } from '../command-line';
import { describeWith } from '../requirements';
import { type Block, type SynthesizedDeployment, synthesized } from '../synthesized';

const region = 'us-east-1';
const folder = mkdtempSync(join(tmpdir(), 'searchgate-doctor-'));
const servers: Server[] = [];
const accounts: AwsAccount[] = [];

/** A stand-in for one answer of AWS that the emulator has not. */
async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** @param reserved what functions reserve, by name */
function withConcurrency(limit: number, unreserved = limit, reserved: Record<string, number> = {}): Promise<string> {
  const AccountLimit = { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved };
  return answering(({ url = '' }, response) => {
    const ofFunction = reserved[/\/functions\/([^/]+)\/concurrency$/.exec(url)?.[1] ?? ''];
    const known = url.includes('account-settings') || ofFunction !== undefined;
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ AccountLimit, ReservedConcurrentExecutions: ofFunction }));
  });
}

/** Public DNS as a table: `NS example.com`, `CAA example.com`. */
function publicDns(table: Record<string, unknown[]>): NameServers {
  const asked = async <Value>(question: string): Promise<Value[]> => {
    const records = { 'NS com': ['a.gtld-servers.net'], ...table }[question];
    if (records === undefined) throw Object.assign(new Error(question), { code: 'ENODATA' });
    return records as Value[];
  };
  return { resolveNs: (name) => asked(`NS ${name}`), resolveCaa: (name) => asked(`CAA ${name}`) };
}

describeWith(['python', 'openssl'], 'The doctor, against an emulated account', () => {
  let emulator: Emulator;
  let lambdaEndpoint: string;
  let nameServers: string[];

  beforeAll(async () => {
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    lambdaEndpoint = await withConcurrency(1_000);
    const zone = await zoneFor('example.com');
    nameServers = zone.DelegationSet?.NameServers ?? [];
    await s3(new CreateBucketCommand({ Bucket: 'searchgate-state-example-com' }));
  }, 120_000);

  afterAll(async () => {
    for (const account of accounts) account.close();
    for (const server of servers) server.close();
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const options = () => clientOptions(emulator.endpoint, region);
  const zoneFor = (Name: string, CallerReference = '1') =>
    new Route53Client(options()).send(new CreateHostedZoneCommand({ Name, CallerReference }));
  const s3 = (command: CreateBucketCommand | PutObjectCommand) =>
    new S3Client({ ...options(), forcePathStyle: true }).send(command as CreateBucketCommand);

  async function examined(
    changes: Block = {},
    {
      dns = publicDns({ 'NS example.com': nameServers }),
      zoneId,
      stacks = synthesized(),
      ...endpoints
    }: {
      dns?: NameServers;
      zoneId?: string;
      stacks?: SynthesizedDeployment;
      lambdaEndpoint?: string;
      endpoint?: string;
    } = {},
  ): Promise<Record<string, Result>> {
    const { settings } = readSettings({ ...example, ...changes });
    // The emulator's zone ids look otherwise than Route53's, which the settings hold to their form.
    if (zoneId !== undefined) settings.domain.zoneId = zoneId;
    const aws = new AwsAccount({ ...options(), region: settings.region, lambdaEndpoint, ...endpoints });
    accounts.push(aws);
    const surroundings: Surroundings = {
      settings,
      stacks: () => new Map([...readStacks(stacks.folder)].filter(([stack]) => stack !== 'state')),
      aws,
      dns,
      emulated: true,
    };
    const results = await examine(
      credentials,
      [...accountChecks, ...domainChecks, ...nameChecks, ...lockChecks, ...authorityChecks],
      surroundings,
    );
    return Object.fromEntries(results.map((result) => [result.name, result]));
  }

  const problems = (results: Record<string, Result>) =>
    Object.values(results)
      .filter(({ status }) => status !== 'ok')
      .map(({ name }) => name);

  test('finds nothing wrong where nothing is', async () => {
    expect(problems(await examined())).toEqual([]);
  });

  test('finds credentials that nobody knows, and does not ask further', async () => {
    const refusing = await answering((_, response) => {
      response.writeHead(403, { 'content-type': 'text/xml' });
      response.end(
        '<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token is invalid.</Message></Error></ErrorResponse>',
      );
    });
    const results = await examined({}, { endpoint: refusing });
    expect(results.credentials).toMatchObject({
      status: 'problem',
      found: 'The security token is invalid.',
      advice: expect.stringContaining('AWS_PROFILE'),
    });
    expect(results['hosted zone']?.found).toMatch(/not checked/);
  });

  test('finds a region and zones that the account has not', async () => {
    const nowhere = await examined({ region: 'us-north-9', network: { zones: ['us-north-9a', 'us-north-9b'] } });
    expect(nowhere['region and zones']).toMatchObject({ status: 'problem', found: 'AWS knows no region us-north-9' });
    const { 'region and zones': zones } = await examined({ network: { zones: ['us-east-1a', 'us-east-1z'] } });
    expect(zones).toMatchObject({
      status: 'problem',
      found: 'this account has no us-east-1z',
      advice: expect.stringContaining('us-east-1b'),
    });
  });

  test('finds an instance type that the first zone does not offer', async () => {
    const { 'instance type': found } = await examined({ network: { zones: ['us-east-1e', 'us-east-1a'] } });
    expect(found).toMatchObject({
      status: 'problem',
      found: 'us-east-1e does not offer t4g.medium',
      advice: expect.stringContaining('us-east-1a'),
    });
  });

  test('finds a quota of concurrent executions that is a new account’s, or that reservations would use up', async () => {
    const few = await examined({}, { lambdaEndpoint: await withConcurrency(10) });
    expect(few['Lambda concurrency']).toMatchObject({
      status: 'problem',
      advice: expect.stringContaining('L-B99A9384'),
    });
    const [search, kibana] = example.services;
    const services = [{ ...search, reservedConcurrency: 950 }, kibana];
    expect((await examined({ services }))['Lambda concurrency']).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('950'),
    });
  });

  test('finds reservations that what others reserve leaves no room for, and counts its own once', async () => {
    const [search, kibana] = example.services;
    const services = [{ ...search, reservedConcurrency: 50 }, kibana];
    const concurrency = async (...lambda: Parameters<typeof withConcurrency>) =>
      (await examined({ services }, { lambdaEndpoint: await withConcurrency(...lambda) }))['Lambda concurrency'];
    expect(await concurrency(1_000, 100)).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('others reserve 900 and the settings 50'),
    });
    expect((await concurrency(1_000, 150))?.status).toBe('ok');
    expect((await concurrency(1_000, 100, { 'searchgate-search': 50 }))?.status).toBe('ok');
    expect((await concurrency(1_000, 100, { 'searchgate-search': 20, 'others-search': 50 }))?.status).toBe('problem');
  });

  test('finds a logging role of others, and one that is missing', async () => {
    const west = { region: 'us-west-2', network: { zones: ['us-west-2a', 'us-west-2b'] } };
    const role = async (apiGatewayLoggingRole: boolean) =>
      (await examined({ ...west, account: { apiGatewayLoggingRole } }))['API Gateway’s logging role'];
    expect([(await role(true))?.status, (await role(false))?.status]).toEqual(['ok', 'problem']);
    const theirs = {
      op: 'replace',
      path: '/cloudwatchRoleArn',
      value: 'arn:aws:iam::123456789012:role/theirs',
    } as const;
    const apiGateway = new APIGatewayClient(clientOptions(emulator.endpoint, west.region));
    await apiGateway.send(new UpdateAccountCommand({ patchOperations: [theirs] }));
    expect(await role(true)).toMatchObject({ status: 'problem', advice: 'set account.apiGatewayLoggingRole to false' });
    expect((await role(false))?.status).toBe('ok');
  });

  test('finds a hosted zone that is not there, there twice, or another’s', async () => {
    const zone = async (domain: Block, id?: string) => (await examined({ domain }, { zoneId: id }))['hosted zone'];
    expect(await zone({ name: 'example.org' })).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('no public hosted zone'),
    });
    await zoneFor('example.net');
    const second = await zoneFor('example.net', '2');
    expect(await zone({ name: 'example.net' })).toMatchObject({
      found: expect.stringContaining('2 public hosted zones'),
    });
    const zoneId = second.HostedZone?.Id?.replace('/hostedzone/', '');
    expect(await zone({ name: 'example.net' }, zoneId)).toMatchObject({ status: 'ok' });
    expect(await zone({ name: 'below.example.net' }, zoneId)).toMatchObject({ status: 'ok' });
    expect(await zone({ name: 'example.org' }, zoneId)).toMatchObject({
      found: expect.stringContaining('cannot hold example.org'),
    });
  });

  test('finds a domain that is delegated elsewhere, or to nobody', async () => {
    const elsewhere = await examined({}, { dns: publicDns({ 'NS example.com': ['ns1.registrar.example'] }) });
    expect(elsewhere.delegation).toMatchObject({
      status: 'problem',
      advice: expect.stringContaining(nameServers[0] ?? ''),
    });
    expect((await examined({}, { dns: publicDns({}) })).delegation).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('75 minutes'),
    });
    expect((await examined({}, { dns: publicDns({ 'NS com': [] }) })).delegation?.status).toBe('unsure');
  });

  test('finds CAA records that keep Amazon out, wherever above the host name they are', async () => {
    const ruled = async (table: Record<string, unknown[]>) =>
      (await examined({}, { dns: publicDns({ 'NS example.com': nameServers, ...table }) })).CAA;
    const others = [{ critical: 0, issue: 'letsencrypt.org' }];
    const amazon = [...others, { critical: 0, issue: 'amazon.com; validationmethods=dns' }];
    expect(await ruled({ 'CAA example.com': others })).toMatchObject({
      status: 'problem',
      advice: expect.stringContaining('example.com: 0 issue "amazon.com"'),
    });
    expect(await ruled({ 'CAA kibana.example.com': [{ critical: 0, issue: ';' }] })).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('nobody'),
    });
    expect(
      await ruled({ 'CAA example.com': others, 'CAA search.example.com': amazon, 'CAA kibana.example.com': amazon }),
    ).toMatchObject({ status: 'ok' });
    expect(await ruled({ 'CAA example.com': [{ critical: 0, issuewild: ';' }] })).toMatchObject({ status: 'ok' });
  });

  test('finds a state bucket that is not there, or is somebody else’s', async () => {
    expect((await examined({ state: { bucket: 'not-made' } }))['state bucket']).toMatchObject({
      status: 'unsure',
      advice: expect.stringContaining('bootstrap'),
    });
    expect((await examined({ state: { bucket: 'not-made', existing: true } }))['state bucket']?.status).toBe('problem');
    const foreign = await answering((request, response) => {
      const identity =
        '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account><Arn>a</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>';
      response
        .writeHead(request.method === 'HEAD' ? 403 : 200, { 'content-type': 'text/xml' })
        .end(request.method === 'HEAD' ? '' : identity);
    });
    expect((await examined({}, { endpoint: foreign }))['state bucket']).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('another account'),
    });
  });

  test('finds stacks that are locked, by whom and since when, and says how a lock is lifted that nobody holds any more', async () => {
    const state = { bucket: 'searchgate-state-example-com' };
    const of = async (name: string) => (await examined({ name, state })).locks;
    const put = (name: string, stack: string, text: string) =>
      s3(new PutObjectCommand({ Bucket: state.bucket, Key: `searchgate/${name}/${stack}`, Body: text }));
    await put('locked', 'network.tfstate', '{}');
    expect(await of('locked')).toMatchObject({ status: 'ok', found: 'no stack is locked' });
    const lock = { ID: 'a-b-c', Operation: 'OperationTypeApply', Who: 'me@desk', Created: '2026-01-02T03:04:05Z' };
    await put('locked', 'network.tfstate.tflock', JSON.stringify(lock));
    expect(await of('locked')).toMatchObject({
      status: 'problem',
      found: 'locked: network since 2026-01-02T03:04:05Z by me@desk (OperationTypeApply)',
      advice: expect.stringContaining('terraform -chdir=cdktf.out/stacks/network force-unlock a-b-c'),
    });
    expect((await of('locked-too'))?.status).toBe('ok');
    expect((await examined({ state: { bucket: 'not-made' } })).locks?.status).toBe('ok');
  });

  test('finds names that are taken, but not those of a stack that is deployed', async () => {
    const second = {
      name: 'second',
      state: { bucket: 'searchgate-state-example-com' },
      domain: { name: 'second.example.com' },
      alarms: { email: 'ops@example.com', monthlyBudget: 40 },
    };
    await new CloudWatchLogsClient(options()).send(
      new CreateLogGroupCommand({ logGroupName: '/aws/lambda/second-search' }),
    );
    await new APIGatewayClient(options()).send(
      new CreateDomainNameCommand({ domainName: 'kibana.second.example.com' }),
    );
    await new SSMClient(options()).send(
      new PutParameterCommand({ Name: '/second/certificates/ca', Value: 'x', Type: 'String' }),
    );
    await new IAMClient(options()).send(
      new CreateRoleCommand({ RoleName: 'second-power', AssumeRolePolicyDocument: '{}' }),
    );
    await s3(new CreateBucketCommand({ Bucket: 'second-snapshots-123456789012-us-east-1' }));
    const budget = { BudgetName: 'second-us-east-1', BudgetType: 'COST', TimeUnit: 'MONTHLY' } as const;
    const Budget = { ...budget, BudgetLimit: { Amount: '40', Unit: 'USD' } };
    await new BudgetsClient(options()).send(new CreateBudgetCommand({ AccountId: '123456789012', Budget }));
    const stacks = synthesized(second);
    const { found = '' } = (await examined(second, { stacks })).names ?? {};
    const taken = [
      'log group /aws/lambda/second-search',
      'API Gateway domain name kibana.second.example.com',
      'parameter /second/certificates/ca',
      'role second-power',
      'bucket second-snapshots-123456789012-us-east-1',
      'budget second-us-east-1',
    ];
    expect(found.replace('taken already: ', '').split(', ').sort()).toEqual(taken.sort());
    for (const stack of ['search', 'kibana', 'certificates', 'power', 'storage', 'account']) {
      await s3(
        new PutObjectCommand({ Bucket: second.state.bucket, Key: `searchgate/second/${stack}.tfstate`, Body: '{}' }),
      );
    }
    expect((await examined(second, { stacks })).names?.status).toBe('ok');
  });

  test('finds a record that a host name has already, but not what may stand beside it', async () => {
    const fifth = { name: 'fifth', domain: { name: 'example.edu' }, state: { bucket: 'searchgate-state-example-com' } };
    const { HostedZone } = await zoneFor('example.edu');
    const route53 = new Route53Client(options());
    const record = (Name: string, Type: 'A' | 'CNAME' | 'TXT' | 'AAAA', Value: string) =>
      route53.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: HostedZone?.Id,
          ChangeBatch: {
            Changes: [{ Action: 'CREATE', ResourceRecordSet: { Name, Type, TTL: 300, ResourceRecords: [{ Value }] } }],
          },
        }),
      );
    const stacks = synthesized(fifth);
    const names = async () => (await examined(fifth, { stacks })).names;
    await record('search.example.edu', 'TXT', '"anything"');
    await record('search.example.edu', 'AAAA', '2001:db8::1');
    await record('zsearch.example.edu', 'A', '192.0.2.1');
    expect((await names())?.status).toBe('ok');
    await record('search.example.edu', 'A', '192.0.2.1');
    await record('kibana.example.edu', 'CNAME', 'elsewhere.example.net');
    expect(await names()).toMatchObject({
      status: 'problem',
      found: 'taken already: record kibana.example.edu, record search.example.edu',
      advice: expect.stringContaining('services[].subdomain'),
    });
    for (const stack of ['search', 'kibana'])
      await s3(
        new PutObjectCommand({ Bucket: fifth.state.bucket, Key: `searchgate/fifth/${stack}.tfstate`, Body: '{}' }),
      );
    expect((await names())?.status).toBe('ok');
    route53.destroy();
  });

  test('finds a region that has no room for another VPC, unless the network is deployed', async () => {
    const state = { bucket: 'searchgate-state-example-com', region };
    const west = { region: 'us-west-1', network: { zones: ['us-west-1a', 'us-west-1b'] }, state };
    const vpcs = async (name: string) => (await examined({ ...west, name })).VPCs;
    expect(await vpcs('searchgate')).toMatchObject({ status: 'ok', found: '1 of 5 in us-west-1' });
    const ec2 = new EC2Client(clientOptions(emulator.endpoint, west.region));
    for (const block of [1, 2, 3, 4]) await ec2.send(new CreateVpcCommand({ CidrBlock: `10.${block}.0.0/16` }));
    expect(await vpcs('searchgate')).toMatchObject({
      status: 'problem',
      advice: expect.stringContaining('--quota-code L-F678F1CE --desired-value 10'),
    });
    await s3(new PutObjectCommand({ Bucket: state.bucket, Key: 'searchgate/third/network.tfstate', Body: '{}' }));
    expect((await vpcs('third'))?.status).toBe('ok');
  });

  test('finds that the boundary of roles is missing where a pipeline is to make them', async () => {
    const delivery = { delivery: { repository: 'acme/search' } };
    const boundary = async () => (await examined(delivery))['boundary of roles'];
    expect(await boundary()).toMatchObject({
      status: 'problem',
      advice: expect.stringContaining('cdktf deploy delivery'),
    });
    const document = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' } };
    await new IAMClient(options()).send(
      new CreatePolicyCommand({ PolicyName: 'searchgate-delivery-boundary', PolicyDocument: JSON.stringify(document) }),
    );
    expect((await boundary())?.status).toBe('ok');
  });

  test('finds two steps of a change of the private authority in one deploy, by the certificates that are deployed', async () => {
    const check = async (certificates: object) =>
      (await examined({ name: 'fourth', certificates }))['private authority'];
    expect(await check({ authority: 2, trusted: [2] })).toMatchObject({ status: 'ok', found: 'nothing is signed yet' });
    const authority = makeCertificateAuthority('fourth private authority');
    try {
      const { certificate } = authority.issue(['node-0.fourth.internal']);
      const ssm = new SSMClient(options());
      for (const [Name, Value] of [
        ['/fourth/certificates/ca', authority.certificate],
        ['/fourth/certificates/node-0/certificate', certificate],
      ])
        await ssm.send(new PutParameterCommand({ Name, Value, Type: 'String' }));
      ssm.destroy();
    } finally {
      authority.remove();
    }
    expect(await check({ authority: 1, trusted: [1, 2] })).toMatchObject({ status: 'ok' });
    expect(await check({ authority: 2, trusted: [1, 2] })).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('2 would sign, and only 1 is trusted'),
      advice: expect.stringContaining('one step a deploy'),
    });
  });

  test('as a command: says what it found and what to do, and ends with 1 where something has to be done', async () => {
    const env = {
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: lambdaEndpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      SEARCHGATE_SETTINGS: undefined,
    };
    const healthy = await runScript('commands/doctor.ts', [], { env });
    expect(healthy).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing stands in the way') });
    const settings = join(folder, 'settings.json');
    writeFileSync(settings, JSON.stringify({ ...example, domain: { name: 'example.org' } }));
    const without = await runScript('commands/doctor.ts', [], { env: { ...env, SEARCHGATE_SETTINGS: settings } });
    expect(without).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/PROBLEM {2}hosted zone[\s\S]*→ aws route53 create-hosted-zone/),
    });
  }, 60_000);
});
