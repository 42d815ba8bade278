import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ProcessGroup } from '../../../local/process-group';
import { clientEnvironment } from '../../../local/terraform/emulated-environment';
import { runScript } from '../../command-line';
import { describeWith } from '../../requirements';
import { publishNewerImage } from '../newer-image';
import { AcknowledgedWrites } from './acknowledged-writes';
import { DeployedCluster } from './deployed-cluster';
import { RefusingEndpoint } from './refusing-endpoint';

const minutes = 60_000;
const nodes = ['node-0', 'node-1', 'node-2'] as const;

describeWith(
  ['terraform', 'aws-provider', 'java', 'maven', 'python', 'openssl', 'curl', 'loopback'],
  'npm run upgrade -- --image over three hosts that Terraform deploys, with three real nodes, while documents are written',
  () => {
    let cluster: DeployedCluster;
    let aws: RefusingEndpoint;
    let door: Awaited<ReturnType<DeployedCluster['trial']['serve']>>;
    let writes: AcknowledgedWrites;
    let newest: string;
    let before: Awaited<ReturnType<typeof machines>>;
    let order: number[];

    const parameters = () => ['--image', '--output', join(cluster.folder, 'renewed'), '--url', door.url];
    const environment = (settings = cluster.settingsFile) => ({
      ...clientEnvironment({ endpoint: aws.url, region: cluster.settings.region }),
      SEARCHGATE_PASSWORD: cluster.trial.password,
      SEARCHGATE_SETTINGS: settings,
    });
    const upgrade = async (words: string[], settings?: string) => {
      const ended = await runScript('commands/upgrade.ts', [...parameters(), ...words], { env: environment(settings) });
      process.stdout.write(`${ended.stdout}${ended.stderr}\n`);
      return ended;
    };
    /** What each node has: its instance, image, address and data volume. */
    async function machines() {
      const instances = await cluster.instances();
      return nodes.map((node) => {
        const { InstanceId, ImageId, PrivateIpAddress, BlockDeviceMappings = [] } = instances[node] ?? {};
        const volume = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === '/dev/sdf')?.Ebs?.VolumeId;
        return { instance: InstanceId, image: ImageId, address: PrivateIpAddress, volume };
      });
    }
    const at = (position: number): `node-${number}` => `node-${order[position] ?? -1}`;

    beforeAll(async () => {
      cluster = await DeployedCluster.deploy();
      aws = await RefusingEndpoint.before(cluster.endpoint);
      door = await cluster.trial.serve();
      const index = { settings: { number_of_shards: 3, number_of_replicas: 1 } };
      await cluster.trial.createIndex('notes', index);
      await cluster.trial.settled(3, 'green');
      before = await machines();
    }, 15 * minutes);

    afterAll(async () => {
      door?.close();
      aws?.close();
      await cluster?.close();
    }, 2 * minutes);

    test(
      'shows what Terraform would do to each, and changes nothing; refuses an image that cannot be launched, and a host that is stopped',
      async () => {
        newest = await publishNewerImage(cluster.endpoint, cluster.settings.region, before[0]?.image ?? '');
        const looked = await upgrade(['--check']);
        expect(looked).toMatchObject({ code: 0, stderr: '' });
        for (const node of ['node_0', 'node_1', 'node_2'])
          expect(looked.stdout).toContain(`replace aws_instance.${node}_instance`);
        const named = /node-(\d), then node-(\d), then node-(\d)/.exec(looked.stdout) ?? [];
        order = named.slice(1).map(Number);

        const mistaken = join(cluster.folder, 'mistaken.json');
        const settings = JSON.parse(readFileSync(cluster.settingsFile, 'utf8'));
        settings.host.ami = 'ami-00000000000000bad';
        writeFileSync(mistaken, JSON.stringify(settings));
        const refused = await upgrade(['--yes'], mistaken);
        expect(refused).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/ami-00000000000000bad cannot be used/),
        });
        expect(await machines()).toEqual(before);
        expect(cluster.events).toEqual([]);

        await cluster.byHand('stop', 'node-2');
        await cluster.until('node-2 is off');
        const stopped = await upgrade(['--yes']);
        expect(stopped).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/node-2: stopped\. npm run power -- start/),
        });
        await cluster.byHand('start', 'node-2');
        await cluster.until('node-2 is ready');
        await cluster.trial.settled(3, 'green');
        expect(await machines()).toEqual(before);
        cluster.events.length = 0;
      },
      10 * minutes,
    );

    test(
      'cut off while it waits for the first host, it leaves the others alone',
      async () => {
        writes = new AcknowledgedWrites(cluster.trial, 'notes');
        cluster.hold(order[0] ?? 0);
        const script = ['--require', require.resolve('tsx/cjs'), 'commands/upgrade.ts', ...parameters(), '--yes'];
        const command = new ProcessGroup(process.execPath, script, { env: environment() });
        let said = '';
        command.child.stdout?.on('data', (text) => {
          said += text;
        });
        command.child.stderr?.resume();
        while (!new RegExp(`${at(0)} is i-\\w+ now`).test(said)) await wait(100);
        await command.end(0);
        const now = await machines();
        expect(now[order[0] ?? 0]).toMatchObject({ image: newest, volume: before[order[0] ?? 0]?.volume });
        for (const position of [1, 2]) expect(now[order[position] ?? 0]).toEqual(before[order[position] ?? 0]);
        cluster.release(order[0] ?? 0);
        await cluster.until(`${at(0)} is ready`);
      },
      10 * minutes,
    );

    test(
      'goes on with the second when it is run again, stops where that cannot be launched, and the other two serve',
      async () => {
        aws.refuses = true;
        const { code, stdout, stderr } = await upgrade(['--yes']);
        aws.refuses = false;
        expect(stdout).toMatch(new RegExp(`${at(0)} is done already[\\s\\S]*${at(1)} \\(i-\\w+\\) is replaced`));
        expect(code).toBe(1);
        expect(aws.refused).toBe(1);
        expect(stderr).toMatch(/VcpuLimitExceeded[\s\S]*run again goes on/);
        expect(stderr).toMatch(new RegExp(`Stopped at ${at(1)}\\. ${at(2)} was not touched\\.`));
        expect((await machines())[order[2] ?? 0]).toEqual(before[order[2] ?? 0]);
        await writes.acknowledgedMore(200);
      },
      10 * minutes,
    );

    test(
      'makes what is missing when it is run again, renews the third, and every acknowledged document is there',
      async () => {
        const { code, stdout, stderr } = await upgrade(['--yes']);
        const figures = await writes.stop();
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toMatch(
          new RegExp(`${at(1)} lacks its instance[\\s\\S]*create aws_instance\\.node_${order[1]}_instance`),
        );
        const after = await machines();
        expect(after.map(({ image }) => image)).toEqual([newest, newest, newest]);
        for (const node of [0, 1, 2]) {
          const { instance: old, address, volume } = before[node] ?? {};
          expect(after[node]).toMatchObject({ address, volume });
          expect(after[node]?.instance).not.toBe(old);
        }
        expect(mostAway(cluster.events)).toBe(1);
        await cluster.trial.settled(3, 'green');
        const lost = await writes.lost();
        process.stdout.write(`${cluster.events.join(', ')}\n${JSON.stringify({ ...figures, lost: lost.length })}\n`);
        expect(figures.acknowledged).toBeGreaterThan(500);
        expect(lost).toEqual([]);
        expect(await upgrade(['--yes'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/nothing to do/) });
      },
      15 * minutes,
    );
  },
);

/** How many machines were away at once, at most. */
function mostAway(events: readonly string[]): number {
  const away = new Set<string>();
  let most = 0;
  for (const event of events) {
    const [node = '', what] = [event.slice(0, 6), event.slice(7)];
    if (what === 'goes down') away.add(node);
    if (what === 'is ready') away.delete(node);
    most = Math.max(most, away.size);
  }
  return most;
}
