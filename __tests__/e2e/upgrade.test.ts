import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import {
  buildElasticsearch,
  earlierElasticsearchVersion as earlier,
  elasticsearchVersion as later,
} from '../../local/elasticsearch/build';
import { type RunningElasticsearch, startElasticsearch } from '../../local/elasticsearch/start';
import { type Emulator, startEmulator } from '../../local/emulator/emulator';
import { pythonEnvironment } from '../../local/emulator/python-environment';
import { freePort } from '../../local/free-port';
import { emulatedCredentials } from '../../local/terraform/emulated-environment';
import { takeSnapshot } from '../../operations/snapshots';
import { type CertificateAuthority, makeCertificateAuthority, type ServerCertificate } from '../certificates';
import { runScript } from '../command-line';
import { describeWith } from '../requirements';
import { EmulatedHosts } from './emulated-hosts';

const password = 'a password of ours';
const minutes = 60_000;

describeWith(
  ['java', 'maven', 'python', 'openssl'],
  `restores, an upgrade from ${earlier} to ${later} and the way back, with real Elasticsearches`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'upgrade-test-'));
    let authority: CertificateAuthority;
    let certificate: ServerCertificate;
    let port: number;
    let aws: Emulator;
    let hosts: EmulatedHosts;
    let volumeId = '';
    let elasticsearch: RunningElasticsearch | undefined;
    let client: Client;

    /** The host's Elasticsearch, on one of its volumes. */
    async function start(version: string, volume: string): Promise<void> {
      elasticsearch = await startElasticsearch({
        version,
        port,
        certificate: certificate.certificate,
        key: certificate.key,
        ca: authority.certificate,
        elasticPassword: password,
        dataFolder: join(folder, volume),
        buckets: join(folder, 'buckets'),
      });
    }
    const register = () =>
      client.snapshot.createRepository({
        name: 'searchgate',
        repository: { type: 's3', settings: { bucket: 'snapshots' } },
      });
    /** Runs a command as a person does, against the door's address. */
    const command = (name: 'restore' | 'upgrade', ...parameters: string[]) =>
      runScript(
        `commands/${name}.ts`,
        [...parameters, '--url', `https://127.0.0.1:${port}`, '--ca', authority.certificateFile],
        {
          env: {
            AWS_ENDPOINT_URL: aws.endpoint,
            AWS_ACCESS_KEY_ID: emulatedCredentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: emulatedCredentials.secretAccessKey,
          },
        },
      );
    async function documents(index: string): Promise<Record<string, Record<string, unknown>>> {
      await client.indices.refresh({ index });
      const { hits } = await client.search<Record<string, unknown>>({ index, size: 1_000 });
      return Object.fromEntries(hits.hits.map(({ _id, _source = {} }) => [_id, _source]));
    }

    beforeAll(async () => {
      authority = makeCertificateAuthority();
      certificate = authority.issue(['search.searchgate.internal', '127.0.0.1']);
      port = await freePort();
      mkdirSync(join(folder, 'buckets', 'snapshots'), { recursive: true });
      for (const version of [earlier, later]) await buildElasticsearch(undefined, version);
      aws = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
      hosts = new EmulatedHosts(aws.endpoint);
      await hosts.put('secrets/elastic-password', password);
      await hosts.ready('node-0', 'boot-1', earlier);
      volumeId = await hosts.launch('node-0');
      await start(earlier, 'volume');
      client = new Client({
        node: `https://127.0.0.1:${port}`,
        auth: { username: 'elastic', password },
        tls: { ca: authority.certificate },
      });
      const operations = Array.from({ length: 300 }, (_, id) => [
        { index: { _id: `${id}/ü` } },
        { id, x: Math.random() },
      ]);
      await client.bulk({ index: 'cities', operations: operations.flat(), refresh: true });
      await client.index({ index: 'notes', id: 'a', document: { text: 'Zürich' }, refresh: true });
      await client.indices.putIndexTemplate({
        name: 'logs-test',
        index_patterns: ['logs-test-*'],
        data_stream: {},
        priority: 500,
        template: { settings: { number_of_replicas: 0 } },
      });
      for (const message of ['one', 'two'])
        await client.index({
          index: 'logs-test-a',
          document: { '@timestamp': '2026-03-01T00:00:00Z', message },
          refresh: true,
        });
      await client.indices.rollover({ alias: 'logs-test-a' });
      await client.index({
        index: 'logs-test-a',
        document: { '@timestamp': '2026-03-02T00:00:00Z', message: 'three' },
      });
      await client.security.putUser({ username: 'anna', password: 'a password of hers', roles: ['viewer'] });
    }, 10 * minutes);
    afterAll(async () => {
      await client?.close();
      await elasticsearch?.stop();
      hosts?.close();
      await aws?.stop();
      authority?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    describe('npm run restore', () => {
      let before: Record<string, unknown>;

      test(
        'says so where no repository is there',
        async () => {
          const { code, stderr } = await command('restore', '--list');
          expect(code).toBe(1);
          expect(stderr).toMatch(/no repository "searchgate".*snapshots\.enabled/s);
          expect(stderr).not.toMatch(/^\s+at /m);
          await register();
        },
        minutes,
      );

      test(
        'lists what is there',
        async () => {
          expect((await command('restore', '--list')).stdout).toMatch(/no snapshot yet/);
          await takeSnapshot(client, 'first');
          before = await documents('cities');
          const { stdout } = await command('restore', '--list');
          expect(stdout).toMatch(new RegExp(`^first +\\d{4}-\\S+Z +${earlier} +SUCCESS +3 indices`));
        },
        minutes,
      );

      test(
        'replaces nothing that is there unless it is named, and tells every hindrance at once',
        async () => {
          await client.index({ index: 'notes', id: 'a', document: { text: 'changed since' }, refresh: true });
          const { code, stderr } = await command('restore', 'latest', '--overwrite', 'nothing');
          expect(code).toBe(1);
          expect(stderr).toMatch(/cities is there already: --overwrite cities/);
          expect(stderr).toMatch(/notes is there already/);
          expect(stderr).toMatch(/--overwrite nothing: nothing of this name/);
          expect(await documents('notes')).toEqual({ a: { text: 'changed since' } });
          expect((await command('restore', 'nosuch')).stderr).toMatch(/no snapshot nosuch: 1 are there/);
          expect((await command('restore', 'latest', '--index', 'c*x')).stderr).toMatch(/--index c\*x: not in first/);
        },
        minutes,
      );

      test(
        'restores beside what is there',
        async () => {
          const { code, stdout, stderr } = await command('restore', 'latest', '--index', 'c*', '--prefix', 'restored-');
          expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
          expect(stdout).toMatch(/restored-cities +300 documents/);
          expect(await documents('restored-cities')).toEqual(before);
        },
        minutes,
      );

      test(
        'restores a data stream with all its backing indices beside the one that is there, which it never replaces',
        async () => {
          const refused = await command('restore', 'first', '--index', 'logs-*', '--overwrite', 'logs-test-a');
          expect(refused.stderr).toMatch(/the data stream logs-test-a is there already: delete it first, or --prefix/);
          const { code, stdout } = await command('restore', 'first', '--index', 'logs-*', '--prefix', 'restored-');
          expect(code).toBe(0);
          expect(stdout).toMatch(/restored-logs-test-a +3 documents/);
          const messages = Object.values(await documents('restored-logs-test-a')).map((found) => found.message);
          expect(messages.sort()).toEqual(['one', 'three', 'two']);
          const { data_streams: streams } = await client.indices.resolveIndex({ name: 'restored-logs-test-a' });
          expect(streams).toMatchObject([
            {
              timestamp_field: '@timestamp',
              backing_indices: [expect.stringMatching(/000001$/), expect.stringMatching(/000002$/)],
            },
          ]);
          await client.index({
            index: 'restored-logs-test-a',
            document: { '@timestamp': '2026-03-03T00:00:00Z', message: 'goes on' },
          });
        },
        minutes,
      );

      test(
        'replaces what is named, and nothing beside it',
        async () => {
          await client.deleteByQuery({ index: 'cities', query: { match_all: {} } }).catch(() => undefined);
          await client.index({ index: 'cities', id: 'new', document: { id: -1 }, refresh: true });
          const { code } = await command('restore', 'first', '--index', 'cities', '--overwrite', 'cities');
          expect(code).toBe(0);
          expect(await documents('cities')).toEqual(before);
          expect(await documents('notes')).toEqual({ a: { text: 'changed since' } });
        },
        minutes,
      );
    });

    describe('npm run upgrade', () => {
      test.each([
        ['9.5.1', /9\.5\.1 is older than 9\.5\.2: data never goes back/],
        // the module of this check is not on Maven Central, so it cannot be made here: a new major is refused
        ['10.0.0', /the deprecation check could not be made/],
      ])(
        'to %s is refused, and nothing is ordered',
        async (target, reason) => {
          const { code, stderr } = await command('upgrade', target, '--yes');
          expect(code).toBe(1);
          expect(stderr).toMatch(reason);
          expect(await hosts.order('node-0')).toBeUndefined();
        },
        minutes,
      );

      test(
        'takes a snapshot, orders it, and ends when the host answers in the new version',
        async () => {
          expect((await command('upgrade', later, '--check')).code).toBe(0);
          expect(await hosts.order('node-0')).toBeUndefined();
          const before = await documents('cities');
          const upgraded = command('upgrade', later, '--yes');
          const order = await actAsHost();
          const { code, stdout, stderr } = await upgraded;
          expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
          expect(order).toBe(`${later} from ${earlier} on ${volumeId}`);
          expect(await hosts.order('node-0')).toBeUndefined();
          expect(stdout).toMatch(
            /the snapshot before-9\.5\.3-\d{14} is taken[\s\S]*node-0 answers as 9\.5\.3\n.*\d documents in \d+ indices are there/,
          );
          expect((await client.info()).version.number).toBe(later);
          expect(await documents('cities')).toEqual(before);
        },
        5 * minutes,
      );

      /** What a host does when it reboots with an order: cloud-init's packages phase, which its own suite tests. */
      async function actAsHost(): Promise<string> {
        let order: string | undefined;
        while (order === undefined) {
          await wait(200);
          order = await hosts.order('node-0');
        }
        await elasticsearch?.stop();
        await start(later, 'volume');
        await hosts.ready('node-0', 'boot-2', later);
        return order;
      }
    });

    describe('the way back', () => {
      test(
        'the older version does not open the data any more',
        async () => {
          await elasticsearch?.stop();
          elasticsearch = undefined;
          await expect(start(earlier, 'volume')).rejects.toThrow(/cannot downgrade a node from version \[9\.5\.3\]/);
        },
        3 * minutes,
      );

      test(
        'a new volume in the old version gets every document and user from the snapshot before',
        async () => {
          rmSync(join(folder, 'volume'), { recursive: true });
          await start(earlier, 'new-volume');
          await register();
          const { snapshots = [] } = await client.snapshot.get({ repository: 'searchgate', snapshot: 'before-*' });
          const { code, stdout, stderr } = await command('restore', snapshots[0]?.snapshot ?? '', '--everything');
          expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
          expect(stdout).toMatch(/cities +300 documents/);
          const all = await documents('cities');
          expect(Object.keys(all)).toHaveLength(300);
          expect(all).toEqual(await documents('restored-cities'));
          expect(Object.keys(await client.security.getUser({ username: 'anna' }))).toEqual(['anna']);
          expect((await client.info()).version.number).toBe(earlier);
        },
        3 * minutes,
      );
    });
  },
);
