import { CreateTagsCommand, EC2Client, RunInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { clientOptions } from '../../local/emulator/account';
import { type Emulator, startEmulator } from '../../local/emulator/emulator';
import { pythonEnvironment } from '../../local/emulator/python-environment';
import { clientEnvironment } from '../../local/terraform/emulated-environment';
import { runScript } from '../command-line';
import { describeWith } from '../requirements';
import { SearchDoorStandIn } from './search-door-stand-in';

const setup = { outcome: 'ready', text: 'Elasticsearch 9.5.3 is green', at: '2026-03-02T08:01:00Z', version: '9.5.3' };
const health = {
  at: '2026-03-02T08:06:00Z',
  setup,
  elasticsearch: 'active',
  kibana: 'active',
  cluster: { status: 'green', unassigned_shards: 0 },
  heap: { heap_used_percent: 45, heap_max_in_bytes: 1_229_979_648 },
  data_volume: { used_percent: 41, bytes: 21_474_836_480 },
  awake_seconds_since_snapshot: 7_200,
  'elasticsearch/certs/server.crt': '2028-03-01',
  'kibana/certs/server.crt': '2028-03-02',
  trouble: [] as string[],
};

describeWith(['python'], 'npm run host:status, against an emulated account', () => {
  let emulator: Emulator;
  let ec2: EC2Client;
  let ssm: SSMClient;
  let door: SearchDoorStandIn;
  let id: string;

  beforeAll(async () => {
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    ec2 = new EC2Client(clientOptions(emulator.endpoint, 'us-east-1'));
    ssm = new SSMClient(clientOptions(emulator.endpoint, 'us-east-1'));
    door = await SearchDoorStandIn.open('right');
  }, 120_000);
  afterAll(async () => {
    door.close();
    ec2.destroy();
    ssm.destroy();
    await emulator.stop();
  });

  const look = async (...words: string[]) => {
    door.asked.splice(0);
    return runScript('commands/host-status.ts', ['--url', door.url, ...words], {
      env: clientEnvironment({ endpoint: emulator.endpoint, region: 'us-east-1' }),
    });
  };
  const put = (path: string, value: object | string, Type: 'String' | 'SecureString' = 'String') =>
    ssm.send(
      new PutParameterCommand({
        Name: `/searchgate/${path}`,
        Value: typeof value === 'string' ? value : JSON.stringify(value),
        Type,
        Overwrite: true,
      }),
    );

  test('of an empty account says that there is nothing, and what would make it', async () => {
    const { code, stdout } = await look();
    expect(code).toBe(0);
    expect(stdout).toMatch(/node-0: no instance carries its tags in us-east-1: npx cdktf deploy '\*'/);
    expect(stdout).toMatch(/it has not reported yet/);
    expect(door.asked).toEqual([]);
  });

  test('of a host that runs shows all that it says, and what Elasticsearch says through the door', async () => {
    const { Instances } = await ec2.send(
      new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, InstanceType: 't4g.medium' }),
    );
    id = Instances?.[0]?.InstanceId ?? '';
    const Tags = [
      { Key: 'searchgate:name', Value: 'searchgate' },
      { Key: 'searchgate:node', Value: 'node-0' },
    ];
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
    await put('hosts/node-0/status', setup);
    await put('hosts/node-0/health', health);
    await put('hosts/node-0/busy-until', '2999-01-01T00:00:00Z');
    await put('secrets/elastic-password', 'right', 'SecureString');
    const { code, stdout } = await look();
    process.stdout.write(`${stdout}\n`);
    expect(code).toBe(0);
    for (const line of [
      new RegExp(`^node-0 +running, ${id}, t4g\\.medium, last started 20`, 'm'),
      /^ {2}last setup +ready at 2026-03-02T08:01:00Z: Elasticsearch 9\.5\.3 is green$/m,
      /^ {2}version +9\.5\.3$/m,
      /^ {2}services +elasticsearch active, kibana active$/m,
      /^ {2}heap +45 % of 1173 MiB$/m,
      /^ {2}data volume +41 % of 20\.0 GiB$/m,
      /^ {2}last snapshot +2 hours awake ago$/m,
      /^ {2}kibana server +until 2028-03-02$/m,
      /^ {2}busy +until 2999-01-01T00:00:00Z$/m,
      /^search door +Elasticsearch 9\.5\.3, cluster green, heap 37 %$/m,
      /^trouble +none told$/m,
    ])
      expect(stdout).toMatch(line);
    expect(stdout).not.toContain('not seen');
    expect(stdout).not.toContain('right\n');
  });

  test('gives programs the same as JSON', async () => {
    const { stdout } = await look('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      nodes: [{ node: 'node-0', instance: { id, state: 'running' }, report: { setup, health } }],
      door: { version: '9.5.3', cluster: 'green', heapUsedPercent: [37] },
      unseen: [],
    });
  });

  test('ends with 1 where the host tells of trouble', async () => {
    await put('hosts/node-0/health', {
      ...health,
      trouble: ['the cluster is red: see GET _cluster/allocation/explain'],
    });
    const { code, stdout } = await look();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^trouble +1\n {2}node-0: the cluster is red: see /m);
    await put('hosts/node-0/health', health);
  });

  test('names what it cannot see, and why, and shows the rest', async () => {
    await put('secrets/elastic-password', 'wrong', 'SecureString');
    expect(await look()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /data volume +41 %[\s\S]*not seen\n +http\S+: the password that Systems Manager holds is not valid/,
      ),
    });
    const nobody = await runScript('commands/host-status.ts', ['--url', 'http://127.0.0.1:9'], {
      env: clientEnvironment({ endpoint: 'http://127.0.0.1:9', region: 'us-east-1' }),
    });
    expect(nobody.code).toBe(0);
    expect(nobody.stdout).toMatch(/not seen\n {2}instances: [\s\S]*reports of node-0: /);
    expect(nobody.stderr).not.toMatch(/\n {4}at /);
    await put('secrets/elastic-password', 'right', 'SecureString');
  }, 60_000);

  test('of a host that sleeps shows what it said last, and does not wake it', async () => {
    await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    const { code, stdout } = await look();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^node-0 +stopped/m);
    expect(stdout).toMatch(/data volume +41 %/);
    expect(stdout).toMatch(/not asked, since no host is known to run and asking would wake one/);
    expect(door.asked).toEqual([]);
  });
});
