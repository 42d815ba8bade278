import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  earlierElasticsearchVersion as earlier,
  elasticsearchVersion as later,
} from '../../../local/elasticsearch/build';
import { type Emulator, startEmulator } from '../../../local/emulator/emulator';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { clientEnvironment } from '../../../local/terraform/emulated-environment';
import { runScript } from '../../command-line';
import { describeWith } from '../../requirements';
import { EmulatedHosts } from '../emulated-hosts';
import { AcknowledgedWrites } from './acknowledged-writes';
import { TrialCluster } from './trial-cluster';

const minutes = 60_000;
const nodes = ['node-0', 'node-1', 'node-2'] as const;

describeWith(
  ['java', 'maven', 'python', 'openssl', 'curl', 'loopback'],
  `npm run upgrade of three real nodes from ${earlier} to ${later}, while documents are written`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolling-upgrade-'));
    let cluster: TrialCluster;
    let aws: Emulator;
    let hosts: EmulatedHosts;
    let door: Awaited<ReturnType<TrialCluster['serve']>>;
    let writes: AcknowledgedWrites;
    /** Hosts that come up with the version that they had, as where the packages cannot be had. */
    const failing = new Set<string>();
    const obeyed: string[] = [];

    const upgrade = (...words: string[]) =>
      runScript('commands/upgrade.ts', [later, '--url', door.url, ...words], {
        env: {
          ...clientEnvironment({ endpoint: aws.endpoint, region: 'us-east-1' }),
          SEARCHGATE_PASSWORD: cluster.password,
          SEARCHGATE_SETTINGS: join(folder, 'settings.json'),
        },
      });
    const versions = async () => {
      const { json } = await cluster.ask('GET', '/_cat/nodes?format=json&h=name,version');
      return Object.fromEntries(
        (json as { name: string; version: string }[]).map(({ name, version }) => [name, version]),
      );
    };

    /** What the hosts do when they reboot with an order: cloud-init's packages phase, which its own suites test. */
    async function actAsHosts(until: Promise<unknown>): Promise<void> {
      let ended = false;
      void until.finally(() => {
        ended = true;
      });
      for (let boot = 0; !ended; await wait(200)) {
        for (const [at, node] of nodes.entries()) {
          const order = await hosts.order(node);
          if (order === undefined || order === 'obeyed') continue;
          await hosts.put(`upgrade/${node}`, 'obeyed');
          const version = failing.has(node) ? earlier : later;
          obeyed.push(`${node} ${order}`);
          await cluster.stop(at);
          await cluster.start(at, version);
          boot += 1;
          await hosts.ready(node, `boot-${boot}-${Date.now()}`, version);
        }
      }
    }

    beforeAll(async () => {
      const example = JSON.parse(readFileSync('settings/example.json', 'utf8'));
      const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
      const settings = { ...example, host: { ...example.host, nodes: 3 }, network: { ...example.network, zones } };
      writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
      aws = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
      hosts = new EmulatedHosts(aws.endpoint);
      for (const node of nodes) {
        await hosts.launch(node);
        await hosts.ready(node, 'first', earlier);
      }
      cluster = await TrialCluster.prepare(3);
      mkdirSync(join(cluster.buckets, 'snapshots'));
      for (const node of [0, 1, 2]) await cluster.start(node, earlier);
      await cluster.settled(3, 'green');
      for (const node of [0, 1, 2]) expect(cluster.formed(node).code).toBe(0);
      door = await cluster.serve();
      const repository = { type: 's3', settings: { bucket: 'snapshots' } };
      expect((await cluster.ask('PUT', '/_snapshot/searchgate', JSON.stringify(repository))).status).toBe(200);
      const index = { settings: { number_of_shards: 3, number_of_replicas: 1 } };
      await cluster.createIndex('notes', index);
      await cluster.settled(3, 'green');
    }, 10 * minutes);

    afterAll(async () => {
      door?.close();
      hosts?.close();
      await cluster?.close();
      await aws?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test(
      'is refused while a shard lacks its copy, and nothing is ordered',
      async () => {
        const lonely = { settings: { number_of_shards: 1, number_of_replicas: 3 } };
        await cluster.createIndex('lonely', lonely);
        const { code, stderr } = await upgrade('--yes');
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringMatching(/the cluster is yellow: lonely 0 lacks a copy/),
        });
        expect(await Promise.all(nodes.map((node) => hosts.order(node)))).toEqual([undefined, undefined, undefined]);
        expect((await cluster.ask('DELETE', '/lonely')).status).toBe(200);
        await cluster.settled(3, 'green');
      },
      5 * minutes,
    );

    test(
      'stops at a node that does not come up in the new version, leaves the rest alone, and says what to do',
      async () => {
        writes = new AcknowledgedWrites(cluster, 'notes');
        const [first, second] = (await upgradeOrder()) as [string, string];
        failing.add(second);
        const run = upgrade('--yes');
        await actAsHosts(run);
        const { code, stdout, stderr } = await run;
        process.stdout.write(`${stdout}${stderr}\n`);
        expect(code).toBe(1);
        expect(stderr).toMatch(new RegExp(`${second} is ready in ${earlier}, not in ${later}`));
        expect(stderr).toMatch(new RegExp(`Stopped at ${second}\\. ${first} is done\\. node-\\d was not touched\\.`));
        expect(obeyed.map((order) => order.slice(0, 6))).toEqual([first, second]);
        const { json } = await cluster.ask('GET', '/_cluster/settings?flat_settings=true');
        expect(json.persistent).not.toHaveProperty('cluster.routing.allocation.enable');
        await cluster.settled(3, 'yellow');
        expect(await versions()).toMatchObject({ [first]: later, [second]: earlier });
      },
      15 * minutes,
    );

    test(
      'goes on when it is run again: what is done is left out, every acknowledged document is there',
      async () => {
        failing.clear();
        const run = upgrade('--yes');
        await actAsHosts(run);
        const { code, stdout, stderr } = await run;
        const figures = await writes.stop();
        process.stdout.write(`${stdout}${stderr}\n${JSON.stringify(figures)}\n`);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toMatch(/node-\d is done already[\s\S]*the snapshot is before-9\.5\.3-\d{14}, taken before/);
        expect(await versions()).toEqual(Object.fromEntries(nodes.map((node) => [node, later])));
        expect(obeyed).toHaveLength(4);
        await cluster.settled(3, 'green');
        expect(figures.acknowledged).toBeGreaterThan(500);
        expect(await writes.lost()).toEqual([]);
      },
      15 * minutes,
    );

    /** The order in which the nodes are going to be upgraded: the elected master last. */
    async function upgradeOrder(): Promise<string[]> {
      const { stdout } = await upgrade('--check');
      return /node-\d, then node-\d, then node-\d/.exec(stdout)?.[0].split(', then ') ?? [];
    }
  },
);
