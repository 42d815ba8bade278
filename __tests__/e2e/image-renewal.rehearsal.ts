import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DescribeInstancesCommand, DescribeVolumesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { clientOptions } from '../../local/emulator/account';
import { run } from '../../local/process-group';
import { type Deployment, deployEverything, startAccount, synthesize } from '../../local/rehearsal/deployment';
import { Progress } from '../../local/rehearsal/progress';
import { deploy, stacksInOrder } from '../../local/terraform/cdktf';
import { clientEnvironment } from '../../local/terraform/emulated-environment';
import { stackFolder } from '../../local/terraform/synth-copy';
import { terraform } from '../../local/terraform/terraform';
import { loadSettings } from '../../settings';
import { runScript } from '../command-line';
import { describeWith } from '../requirements';
import { publishNewerImage } from './newer-image';

const minutes = 60_000;

describeWith(['terraform', 'aws-provider', 'python', 'openssl'], 'a host that is deployed into an emulated AWS', () => {
  const { settings } = loadSettings('settings/example.json');
  const { region } = settings;
  const folder = mkdtempSync(join(tmpdir(), 'image-renewal-'));
  let endpoint: string;
  let deployment: Deployment | undefined;
  let clients: { ec2: EC2Client; ssm: SSMClient };

  const dataVolume = (host: Instance) =>
    host.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === '/dev/sdf')?.Ebs?.VolumeId;
  const instances = async (state: string) => {
    const Filters = [{ Name: 'instance-state-name', Values: [state] }];
    const { Reservations = [] } = await clients.ec2.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  };

  beforeAll(async () => {
    const progress = new Progress();
    const product = join(folder, 'product');
    await synthesize(product, { ...process.env, SEARCHGATE_SETTINGS: 'settings/example.json' });
    const account = await startAccount(settings, { venv: '.rehearsal/venv', progress });
    endpoint = account.emulator.endpoint;
    const options = clientOptions(endpoint, region);
    clients = { ec2: new EC2Client(options), ssm: new SSMClient(options) };
    try {
      deployment = await deployEverything(settings, account, { product, folder, progress });
    } catch (error) {
      await account.emulator.stop();
      throw error;
    }
  }, 10 * minutes);

  afterAll(async () => {
    clients.ec2.destroy();
    clients.ssm.destroy();
    await deployment?.emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }, minutes);

  it(
    'gets the newest image by one command: the plan is shown, another instance has the same volume, address and documents',
    async () => {
      const { ssm } = clients;
      const elasticsearch = await ElasticsearchStandIn.open();
      const report = (boot: string) =>
        ssm.send(
          new PutParameterCommand({
            Name: '/searchgate/hosts/node-0/status',
            Type: 'String',
            Overwrite: true,
            Value: JSON.stringify({ outcome: 'ready', text: `ready, ${boot}`, boot, version: '9.5.3' }),
          }),
        );
      const upgrade = (...words: string[]) =>
        runScript(
          'commands/upgrade.ts',
          ['--image', '--output', join(folder, 'renewed'), '--url', elasticsearch.url, ...words],
          { env: { ...clientEnvironment({ endpoint, region }), SEARCHGATE_PASSWORD: 'any' } },
        );
      try {
        await report('boot-1');
        const [old] = await instances('running');
        if (old === undefined) throw new Error('no host runs');
        const newest = await publishNewerImage(endpoint, region, old.ImageId ?? '');
        const looked = await upgrade('--check');
        expect(looked).toMatchObject({ code: 0, stderr: '' });
        expect(looked.stdout).toContain(`replace hosts by ${newest}: node-0`);
        expect(looked.stdout).toMatch(/replace aws_instance\.node_0_instance/);
        expect(looked.stdout).toMatch(/replace aws_volume_attachment\.node_0_data_volume/);
        expect((await instances('running')).map(({ InstanceId }) => InstanceId)).toEqual([old.InstanceId]);
        expect(elasticsearch.snapshots).toEqual([]);

        const renewal = upgrade('--yes');
        let renewed: Instance | undefined;
        while (renewed === undefined || dataVolume(renewed) === undefined) {
          await wait(200);
          renewed = (await instances('running')).find(({ InstanceId }) => InstanceId !== old.InstanceId);
        }
        elasticsearch.started += 1;
        await report('boot-2');
        const { code, stdout, stderr } = await renewal;
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toMatch(
          /before-ami-\w+-\d{14} is taken[\s\S]*ready, boot-2[\s\S]*12 documents in 1 indices are there/,
        );
        expect(renewed.ImageId).toBe(newest);
        expect([dataVolume(renewed), renewed.PrivateIpAddress]).toEqual([dataVolume(old), old.PrivateIpAddress]);

        const again = await upgrade('--yes');
        expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/there is nothing to do/) });
        expect(elasticsearch.snapshots).toHaveLength(1);
      } finally {
        elasticsearch.close();
      }
    },
    10 * minutes,
  );

  it(
    'gets a new volume where the old one is taken out of the state, as the way back of an upgrade asks, and the old one stays',
    async () => {
      const { ec2 } = clients;
      if (deployment === undefined) throw new Error('nothing is deployed');
      const { output, environment } = deployment.workspace;
      const storage = {
        folder: stackFolder(output, 'storage'),
        environment,
        log: join(folder, 'way-back.log'),
      };
      const [before] = await instances('running');
      await terraform(['init', '-input=false', '-reconfigure'], storage);
      const removed = await run('terraform', ['state', 'rm', 'aws_ebs_volume.node_0_volume'], {
        cwd: storage.folder,
        env: environment,
      });
      expect(removed).toMatchObject({ code: 0, output: expect.stringContaining('Successfully removed 1 resource') });
      await deploy(stacksInOrder(output), { output, environment, log: storage.log });
      const [after] = await instances('running');
      const [old, fresh] = [before, after].map((host) => (host === undefined ? undefined : dataVolume(host)));
      expect(old).toMatch(/^vol-/);
      expect(fresh).toMatch(/^vol-/);
      expect(fresh).not.toBe(old);
      const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [old ?? '', fresh ?? ''] }));
      expect(Volumes.map(({ State }) => State).sort()).toEqual(['available', 'in-use']);
      expect(after?.PrivateIpAddress).toBe(before?.PrivateIpAddress);
    },
    10 * minutes,
  );
});

/** Stands in for one node of Elasticsearch, as far as an image renewal asks. */
class ElasticsearchStandIn {
  /** Names of the snapshots that were ordered. */
  readonly snapshots: string[] = [];
  /** When its process started. */
  started = 1;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<ElasticsearchStandIn> {
    const server = createServer();
    const elasticsearch = new ElasticsearchStandIn(server);
    server.on('request', (request, response) => {
      request.resume();
      const answer = elasticsearch.answer(request.method ?? '', (request.url ?? '').split('?')[0] ?? '');
      response
        .writeHead(answer === undefined ? 404 : 200, {
          'content-type': 'application/json',
          'x-elastic-product': 'Elasticsearch',
        })
        .end(JSON.stringify(answer ?? { error: { reason: `not stood in for: ${request.method} ${request.url}` } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return elasticsearch;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(method: string, path: string): object | undefined {
    const snapshot = /^\/_snapshot\/searchgate\/([^/]+)$/.exec(path)?.[1] ?? '';
    if (method === 'PUT' && snapshot !== '') this.snapshots.push(snapshot);
    const settled = { initializing_shards: 0, relocating_shards: 0, unassigned_shards: 1, number_of_nodes: 1 };
    switch (path) {
      case '/_cluster/settings':
        return { persistent: {}, transient: {} };
      case '/_cluster/state/master_node':
        return { master_node: 'a' };
      case '/_cluster/health':
        return { status: 'yellow', ...settled };
      case '/_nodes/jvm':
      case '/_nodes/node-0/jvm':
        return { nodes: { a: { name: 'node-0', version: '9.5.3', jvm: { start_time_in_millis: this.started } } } };
      case '/_nodes/stats/fs':
        return { nodes: { a: { name: 'node-0', fs: { total: { available_in_bytes: 9, total_in_bytes: 10 } } } } };
      case '/_snapshot/searchgate/*':
        return { snapshots: this.snapshots.map((name) => ({ snapshot: name, state: 'SUCCESS' })) };
      case '/*/_refresh':
        return {};
      case '/_cat/indices':
        return [{ index: 'cities', 'docs.count': '12' }];
      default:
        if (path.endsWith('/_status')) return { snapshots: [{ state: 'SUCCESS' }] };
        return snapshot === '' ? undefined : { accepted: true };
    }
  }
}
