import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readZipPathFromSynth } from '../../../local/door/read-synth';
import { LivePower } from '../../../local/power/live-power';
import { type OpenService, openService } from '../../../local/rehearsal/doors';
import { deployedMaterial } from '../../../local/rehearsal/host-material';
import { describeWith } from '../../requirements';
import { DeployedCluster } from './deployed-cluster';

const minutes = 60_000;
const documents = 3_000;

/** What the search door said to one search. */
interface Said {
  readonly status: number;
  /** The error's type; for an answer, how many documents it found and how many shards did not answer. */
  readonly what: string;
}

describeWith(
  ['terraform', 'aws-provider', 'java', 'maven', 'python', 'openssl', 'curl', 'loopback'],
  'three deployed hosts with real nodes, the power function and the search door as they are deployed',
  () => {
    let cluster: DeployedCluster;
    let power: LivePower;
    let search: OpenService;

    beforeAll(async () => {
      cluster = await DeployedCluster.deploy();
      const { settings, endpoint, product, trial } = cluster;
      const logGroup = `/aws/lambda/${settings.name}-search`;
      power = await LivePower.start({
        endpoint,
        region: settings.region,
        functionName: `${settings.name}-power`,
        zip: readFileSync(readZipPathFromSynth(join(product, 'stacks/power'))),
        runtimePackages: resolve(__dirname, '../../../node_modules'),
        logGroups: [logGroup],
        log: (text) => process.stdout.write(`${text.trim()}\n`),
      });
      const service = settings.services.find(({ origin }) => origin === 'elasticsearch');
      if (service === undefined) throw new Error('the example has a search door');
      const origin = {
        kind: 'yours',
        description: 'three nodes',
        environment: {
          ORIGIN_ADDRESSES: trial.addresses.join(),
          ORIGIN_PORT: `${trial.port}`,
          ORIGIN_CA: trial.authority.certificate,
        },
        stop: async () => undefined,
      } as const;
      search = await openService(settings, service, origin, {
        product,
        endpoint,
        material: await deployedMaterial(settings, endpoint),
        knocked: () => undefined,
        written: (line) => void power.written(logGroup, line),
      });

      const index = { settings: { number_of_shards: 3, number_of_replicas: 1 } };
      await trial.createIndex('notes', index);
      const lines = Array.from({ length: documents }, (_, id) => `{"index":{"_id":"${id}"}}\n{"value":${id}}\n`);
      const { json } = await trial.ask('POST', '/notes/_bulk?refresh=true', lines.join(''));
      expect(json.errors).toBe(false);
      await trial.settled(3, 'green');
      const host = trial.hosts[0];
      host?.write('srv/searchgate/.searchgate', 'name=searchgate\n');
      host?.write('proc/sys/kernel/random/boot_id', 'first\n');
      host?.write(
        'run/searchgate/snapshots.netrc',
        `machine search.searchgate.internal login elastic password ${trial.password}\n`,
      );
    }, 15 * minutes);

    afterAll(async () => {
      await search?.door.close();
      await power?.close();
      await cluster?.close();
    }, 2 * minutes);

    async function ask(path: string): Promise<Said> {
      const authorization = `Basic ${Buffer.from(`elastic:${cluster.trial.password}`).toString('base64')}`;
      const response = await fetch(`${search.door.url}${path}`, { headers: { authorization } });
      const { error, hits, _shards: shards } = (await response.json()) as SearchAnswer;
      const what = error?.type ?? `${hits?.total.value} found, ${shards?.failed} shards failed`;
      return { status: response.status, what };
    }
    const searches = () => ask('/notes/_search?size=0&track_total_hits=true');
    const whole = { status: 200, what: `${documents} found, 0 shards failed` };
    const isWhole = ({ status, what }: Said) => status === whole.status && what === whole.what;

    /** Searches again and again until an answer is whole; gives all that was said before. */
    async function searchUntilWhole(seconds: number): Promise<Said[]> {
      const said: Said[] = [];
      for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
        const now = await searches();
        if (isWhole(now)) return said;
        said.push(now);
        await wait(200);
      }
      throw new Error(`no whole answer in ${seconds} s: ${JSON.stringify(said.slice(-5))}`);
    }

    test(
      'stop in order: node-0 with a snapshot of all shards, then the others together',
      async () => {
        expect(await searches()).toEqual(whole);
        const snapshots: string[] = [];
        cluster.goingDown = async (node) => {
          if (node !== 0) return;
          const { output } = await cluster.script(0, 'snapshots before-sleep');
          snapshots.push(output.trim());
        };
        const state = await power.order({ action: 'stop-now' });
        expect(state).toMatchObject({ state: 'stopping' });
        for (const node of [0, 1, 2]) await cluster.until(`node-${node} is off`);
        expect(cluster.events.slice(0, 2)).toEqual(['node-0 goes down', 'node-0 is off']);
        expect(snapshots).toEqual([expect.stringMatching(/^good: vol-\w+-\d{8}-\d{6}, in \d+ s$/)]);
        process.stdout.write(`${cluster.events.join(', ')}; ${snapshots.join()}\n`);
        expect(await power.order({ action: 'check' })).toMatchObject({ state: 'asleep' });
      },
      5 * minutes,
    );

    test(
      'wake together when somebody searches, and say that they wake for as long as there is no master',
      async () => {
        cluster.events.length = 0;
        cluster.hold(1, 2);
        const first = await searches();
        expect(first).toEqual({ status: 503, what: expect.stringMatching(/^host_(?:asleep|booting)$/) });
        await cluster.until('node-0 boots');
        for (const { State } of Object.values(await cluster.instances())) expect(State?.Name).toBe('running');
        const alone = cluster.trial.client(0);
        while ((await alone.ping({}, { maxRetries: 0 }).catch((error) => error.statusCode)) === undefined)
          await wait(200);
        await alone.close();
        const said: Said[] = [];
        for (let asked = 0; asked < 3; asked += 1) said.push(await searches());
        process.stdout.write(`one of three nodes up: ${JSON.stringify(said)}\n`);
        for (const each of said) expect(each).toEqual({ status: 503, what: 'host_booting' });
        expect(await power.order({ action: 'status' })).toMatchObject({
          state: expect.stringMatching(/waking|running/),
        });
      },
      5 * minutes,
    );

    test(
      'serve with two of three up, all that was there, and nothing less before',
      async () => {
        cluster.release(1);
        const said = await searchUntilWhole(240);
        process.stdout.write(`until two of three serve: ${JSON.stringify(tally(said))}\n`);
        for (const each of said) expect(each).toEqual({ status: 503, what: 'host_booting' });
        const { json } = await cluster.trial.ask('GET', '/_cluster/health');
        expect(json).toMatchObject({ number_of_nodes: 2, status: 'yellow' });
        for (let asked = 0; asked < 20; asked += 1) expect(await searches()).toEqual(whole);
      },
      5 * minutes,
    );

    test(
      'turn green when the third has come, with the snapshot that was taken before',
      async () => {
        cluster.release(2);
        await cluster.until('node-2 is ready');
        await cluster.trial.settled(3, 'green');
        expect(await searches()).toEqual(whole);
        const { json } = await cluster.trial.ask('GET', '/_snapshot/searchgate/*');
        const states = json.snapshots.map(({ state }: { state: string }) => state);
        expect(states).toEqual(['SUCCESS']);
        expect(await power.order({ action: 'check' })).toMatchObject({ state: 'running' });
      },
      5 * minutes,
    );

    test(
      'the same at once for all three, as they usually wake',
      async () => {
        cluster.events.length = 0;
        cluster.goingDown = async () => undefined;
        await power.order({ action: 'stop-now' });
        for (const node of [0, 1, 2]) await cluster.until(`node-${node} is off`);
        expect(await power.order({ action: 'check' })).toMatchObject({ state: 'asleep' });
        const began = Date.now();
        const said = await searchUntilWhole(300);
        const seconds = ((Date.now() - began) / 1000).toFixed(0);
        process.stdout.write(`awake after ${seconds} s: ${JSON.stringify(tally(said))}\n`);
        for (const { status } of said) expect(status).toBe(503);
        for (const { what } of said) expect(what).toMatch(/^host_(?:asleep|booting)$/);
        await cluster.trial.settled(3, 'green');
      },
      10 * minutes,
    );
  },
);

interface SearchAnswer {
  readonly error?: { readonly type: string };
  readonly hits?: { readonly total: { readonly value: number } };
  readonly _shards?: { readonly failed: number };
}

/** How often each was said, in the order in which it first was. */
function tally(said: readonly Said[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, what } of said) counts[`${status} ${what}`] = (counts[`${status} ${what}`] ?? 0) + 1;
  return counts;
}
