import { setTimeout as wait } from 'node:timers/promises';
import { clusterSize, drain, settle } from '../../../operations/cluster-size';
import { describeWith } from '../../requirements';
import { AcknowledgedWrites } from './acknowledged-writes';
import { OfficialClient } from './official-client';
import { TrialCluster } from './trial-cluster';

describeWith(
  ['java', 'maven', 'python', 'openssl', 'curl', 'loopback'],
  'three real nodes from what setup writes',
  () => {
    let cluster: TrialCluster;
    let writes: AcknowledgedWrites;
    beforeAll(async () => {
      cluster = await TrialCluster.prepare(3);
    });
    afterAll(() => cluster.close());

    test('form one cluster, in whatever order they start, and remember that they have', async () => {
      for (const node of [2, 1, 0]) await cluster.start(node);
      await cluster.settled(3, 'green');
      for (const node of [0, 1, 2]) expect(cluster.formed(node).code).toBe(0);
      expect([0, 1, 2].map((node) => cluster.configuration(node).includes('initial_master_nodes'))).toEqual([
        true,
        false,
        false,
      ]);
      cluster.configure(0);
      expect(cluster.configuration(0)).not.toContain('initial_master_nodes');
    }, 400_000);

    test('keep copies of a shard in different zones, and talk to each other over TLS alone', async () => {
      const settings = { settings: { number_of_shards: 3, number_of_replicas: 1 } };
      await cluster.createIndex('notes', settings);
      await cluster.settled(3, 'green');
      const { json: shards } = await cluster.ask('GET', '/_cat/shards/notes?format=json&h=shard,node');
      for (const shard of ['0', '1', '2']) {
        const nodes = shards.filter((copy: { shard: string }) => copy.shard === shard);
        expect(new Set(nodes.map(({ node }: { node: string }) => node)).size).toBe(2);
      }
      const { json } = await cluster.ask(
        'GET',
        '/_nodes/settings?filter_path=nodes.*.settings.xpack.security.transport',
      );
      for (const { settings: node } of Object.values<{ settings: object }>(json.nodes))
        expect(node).toMatchObject({ xpack: { security: { transport: { ssl: { enabled: 'true' } } } } });
    }, 120_000);

    test('lose no acknowledged document when one is killed, and the official client sees at most its own retries', async () => {
      await cluster.createIndex('letters');
      await cluster.settled(3, 'green');
      const application = await OfficialClient.open(cluster, 'letters');
      writes = new AcknowledgedWrites(cluster, 'notes');
      await Promise.all([writes.acknowledgedMore(500), application.calledMore(20)]);
      await cluster.kill(0);
      await Promise.all([writes.acknowledgedMore(500), application.calledMore(40)]);
      const figures = await writes.stop();
      const seen = await application.stop();
      process.stdout.write(`a node killed: ${JSON.stringify(figures)}, official client: ${JSON.stringify(seen)}\n`);
      expect(figures.failed).toBeLessThanOrEqual(3); // those that were under way
      expect(seen.failures).toEqual([]);
      expect(seen.mostRetries).toBeLessThanOrEqual(3);
      expect(await writes.lost()).toEqual([]);
    }, 400_000);

    test('take the first one back with an empty volume, which forms no second cluster and is filled', async () => {
      const before = (await cluster.ask('GET', '/')).json.cluster_uuid;
      cluster.loseVolume(0);
      await cluster.start(0);
      expect(cluster.configuration(0)).not.toContain('initial_master_nodes');
      await cluster.settled(3, 'green');
      for (let i = 0; i < 3; i++) expect((await cluster.ask('GET', '/')).json.cluster_uuid).toBe(before);
      const filled = () => cluster.ask('GET', '/_cat/shards/notes?format=json&h=node,state');
      const has = ({ node, state }: { node: string; state: string }) => node === 'node-0' && state === 'STARTED';
      while (!(await filled()).json.some(has)) await wait(500);
      expect(await writes.lost()).toEqual([]);
    }, 400_000);

    test('become one again, drained first, under load', async () => {
      const client = cluster.client();
      try {
        const more = new AcknowledgedWrites(cluster, 'more');
        await wait(2_000);
        await cluster.settled(3, 'green');
        expect(await drain(client, 1)).toEqual(['node-1', 'node-2']);
        expect(await clusterSize(client)).toMatchObject({ status: 'green', leaving: ['node-1', 'node-2'] });
        await more.stop();
        for (const node of [2, 1, 0]) await cluster.stop(node);
        cluster.settle(0, 1);
        await cluster.start(0);
        expect(cluster.configuration(0)).toContain('discovery.type: single-node');
        await cluster.settled(1, 'yellow');
        await settle(client);
        expect(await more.lost()).toEqual([]);
        expect(await writes.lost()).toEqual([]);
        await expect(drain(client, 1)).rejects.toThrow(
          /no node would leave: there are node-0\n.*the cluster is yellow/,
        );
        writes = more;
      } finally {
        await client.close();
      }
    }, 400_000);

    test('and three again, under load', async () => {
      await cluster.stop(0);
      for (const node of [1, 2]) cluster.loseVolume(node);
      for (const node of [0, 1, 2]) cluster.settle(node, 3);
      await cluster.start(0);
      expect(cluster.configuration(0)).not.toContain('initial_master_nodes');
      await cluster.settled(1, 'yellow');
      const more = new AcknowledgedWrites(cluster, 'most');
      for (const node of [1, 2]) await cluster.start(node);
      await cluster.settled(3, 'green');
      const figures = await more.stop();
      process.stdout.write(`one becomes three: ${JSON.stringify(figures)}\n`);
      expect(await more.lost()).toEqual([]);
      expect(await writes.lost()).toEqual([]);
    }, 400_000);
  },
);
