import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { readSettings } from '../../../settings';
import { describeWith } from '../../requirements';
import { synthesized } from '../../synthesized';
import { AcknowledgedWrites } from './acknowledged-writes';
import { TrialCluster } from './trial-cluster';

const minutes = 60_000;
const network = { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] };
const [masters, holders] = [
  [0, 1, 2],
  [3, 4],
] as const;

/** What the settings make of a node's roles, in its user data. */
function deployedRoles(): (node: number) => string {
  const { locals } = synthesized({ network, host: { nodes: 5, masters: 'dedicated' } }).stack('host').document;
  return (node) => /^ *NODE_ROLES='(.*)'$/m.exec(locals[`node_${node}_user_data_cloud_config`])?.[1] ?? '';
}

describeWith(
  ['java', 'maven', 'python', 'openssl', 'curl', 'loopback'],
  'five real nodes, of which three only vote, as host.masters makes them',
  () => {
    let cluster: TrialCluster;
    let writes: AcknowledgedWrites;

    beforeAll(async () => {
      cluster = await TrialCluster.prepare(5, { nodes: 5, roles: deployedRoles() });
    }, minutes);
    afterAll(() => cluster?.close(), minutes);

    const holding = async (index: string): Promise<string[]> => {
      const { json } = await cluster.ask('GET', `/_cat/shards/${index}?format=json&h=node,state`);
      return [...new Set((json as { node: string }[]).map(({ node }) => node))].sort();
    };
    /** Writes while something happens; nothing acknowledged may be lost. */
    async function under(fault: string, happens: () => Promise<void>): Promise<void> {
      writes = new AcknowledgedWrites(cluster, 'notes');
      await writes.acknowledgedMore(500);
      await happens();
      await writes.acknowledgedMore(500);
      await cluster.settled(5, 'green');
      const figures = await writes.stop();
      const lost = await writes.lost();
      process.stdout.write(`${fault}: ${JSON.stringify({ ...figures, lost: lost.length })}\n`);
      expect(lost).toEqual([]);
      expect(figures.failed).toBeLessThanOrEqual(3); // those that were under way
    }

    test('are refused where too few would be left for data', () => {
      const settings = (nodes: number) => ({
        ...JSON.parse(readFileSync('settings/example.json', 'utf8')),
        host: { nodes, masters: 'dedicated' },
        network,
      });
      for (const nodes of [1, 3])
        expect(() => readSettings(settings(nodes))).toThrow(/host\.masters[\s\S]*dedicated ones need 5 or 7/);
      expect(readSettings(settings(5)).settings.host.masters).toBe('dedicated');
    });

    test(
      'form one green cluster, whose data lies on the others alone',
      async () => {
        for (const node of [4, 3, 2, 1, 0]) await cluster.start(node);
        await cluster.settled(5, 'green');
        for (const node of [0, 1, 2, 3, 4]) expect(cluster.formed(node).code).toBe(0);
        const { json } = await cluster.ask('GET', '/_cat/nodes?format=json&h=name,node.role');
        const roles = (json as { name: string; 'node.role': string }[]).sort((a, b) => a.name.localeCompare(b.name));
        expect(roles.map((node) => node['node.role'])).toEqual(['m', 'm', 'm', 'dirt', 'dirt']);
        const index = { settings: { number_of_shards: 3, number_of_replicas: 1 } };
        await cluster.createIndex('notes', index);
        await cluster.settled(5, 'green');
        expect(await holding('*')).toEqual(holders.map((node) => `node-${node}`));
        expect(masters).toContain(await cluster.master());
      },
      6 * minutes,
    );

    test(
      'go on when the elected master is killed, and take it back',
      () =>
        under('the elected master killed', async () => {
          const node = await cluster.master();
          await cluster.kill(node);
          await writes.acknowledgedMore(500);
          expect(await cluster.master()).not.toBe(node);
          await cluster.start(node);
        }),
      6 * minutes,
    );

    test(
      'go on when one that holds data is killed, and fill it again',
      () =>
        under('one of two that hold data killed', async () => {
          await cluster.kill(3);
          await writes.acknowledgedMore(500);
          await cluster.start(3);
        }),
      6 * minutes,
    );

    test(
      'take no write without a majority of masters, and go on when that is back',
      async () => {
        for (const node of [1, 2]) await cluster.kill(node);
        await wait(35_000); // the master that is left steps down when it misses the others' answers
        const body = '{"index":{"_id":"without-master"}}\n{"value":1}\n';
        const refused = await cluster.ask('POST', '/notes/_bulk?timeout=2s', body);
        process.stdout.write(
          `two of three masters away: ${refused.status} ${JSON.stringify(refused.json).slice(0, 200)}\n`,
        );
        expect(refused.status === 200 && refused.json.errors === false).toBe(false);
        for (const node of [1, 2]) await cluster.start(node);
        await cluster.settled(5, 'green');
        expect(await writes.lost()).toEqual([]);
        const taken = await cluster.ask('POST', '/notes/_bulk', body);
        expect(taken).toMatchObject({ status: 200, json: { errors: false } });
      },
      8 * minutes,
    );

    test('are not made of a node that holds shards: its setup stops, says what to do, and nothing is lost', async () => {
      await cluster.stop(3);
      cluster.giveRoles(3, 'master');
      const [, refused] = cluster.configure(3);
      expect(refused).toMatchObject({
        code: 3,
        reason: expect.stringMatching(/^node-3 holds shards, .*host\.masters/),
      });
      cluster.giveRoles(3, deployedRoles()(3));
      await cluster.start(3);
      await cluster.settled(5, 'green');
      expect(await writes.lost()).toEqual([]);
    }, 400_000);
  },
);
