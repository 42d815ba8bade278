import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import { parse } from 'yaml';
import { buildElasticsearch } from '../../local/elasticsearch/build';
import { type RunningElasticsearch, startElasticsearch } from '../../local/elasticsearch/start';
import { freePort } from '../../local/free-port';
import { type CertificateAuthority, makeCertificateAuthority } from '../certificates';
import { describeWith } from '../requirements';
import { standInForParameters } from './parameter-stand-in';
import { carriedFiles, TrialHost } from './trial-host';

const serverName = 'search.searchgate.internal';
const volumeId = 'vol-0123456789abcdef0';
const password = 'a password of ours';
const hours = 3600;

describeWith(
  ['java', 'maven', 'python', 'openssl', 'curl'],
  'the snapshots of a host, with a real Elasticsearch and a folder for the bucket',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshots-test-'));
    const buckets = join(folder, 'buckets');
    let authority: CertificateAuthority;
    let elasticsearch: RunningElasticsearch;
    let elastic: Client;
    let host: TrialHost;
    /** A task on indices that runs from the beginning of this suite for more than a minute: a write that waits for a copy which never comes. */
    let waiting: Promise<unknown>;

    beforeAll(async () => {
      authority = makeCertificateAuthority();
      const { certificate, key } = authority.issue([serverName]);
      await buildElasticsearch((text) => process.stdout.write(`${text}\n`));
      mkdirSync(join(buckets, 'searchgate-snapshots'), { recursive: true });
      const port = await freePort();
      const ca = authority.certificate;
      elasticsearch = await startElasticsearch({ port, ca, certificate, key, elasticPassword: password, buckets });
      elastic = new Client({
        node: elasticsearch.url,
        auth: { username: 'elastic', password },
        tls: { ca, servername: serverName, checkServerIdentity: () => undefined },
      });
      await elastic.security.putRole({
        name: 'searchgate_snapshots',
        cluster: rights('searchgate_snapshots') as 'create_snapshot'[],
      });
      await elastic.security.putUser({ username: 'searchgate-snapshots', password, roles: ['searchgate_snapshots'] });
      await elastic.index({ index: 'cities', id: 'a', document: { name: 'Zürich' }, refresh: true });

      await elastic.security.putRole({
        name: 'searchgate_health',
        cluster: rights('searchgate_health') as 'monitor'[],
      });
      await elastic.security.putUser({ username: 'searchgate-health', password, roles: ['searchgate_health'] });
      await elastic.indices.create({ index: 'patient', settings: { number_of_replicas: 1 } });
      const copies = { index: 'patient', wait_for_active_shards: 2, timeout: '1h', document: {} };
      waiting = elastic.index(copies, { requestTimeout: 900_000, maxRetries: 0 }).catch((error: unknown) => error);

      host = new TrialHost(undefined, {
        ELASTICSEARCH_PORT: String(port),
        PRIVATE_ADDRESS: '127.0.0.1',
      });
      standInForParameters(host, {});
      host.write('etc/elasticsearch/certs/ca.crt', ca);
      host.write('run/searchgate/snapshots.netrc', netrc('searchgate-snapshots'));
      host.write('run/searchgate/health.netrc', netrc('searchgate-health'));
    }, 600_000);
    afterAll(async () => {
      await elastic?.close();
      await elasticsearch?.stop();
      host?.remove();
      authority?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    beforeEach(async () => {
      host.write('srv/searchgate/.searchgate', 'name=searchgate\n');
      rmSync(join(host.root, record), { force: true });
      power({ boot: 'first', uptime: 120 });
      // a second is what names differ by
      await wait(1_000);
    });

    const record = 'srv/searchgate/.searchgate.snapshots';
    const netrc = (user: string) => `machine ${serverName} login ${user} password "${password}"\n`;
    function power({ boot, uptime }: { boot: string; uptime: number }) {
      host.write('proc/sys/kernel/random/boot_id', `${boot}\n`);
      host.write('proc/uptime', `${uptime}.50 100.00\n`);
    }
    /** The last good one began `since` seconds ago; the host was awake for `awake` of them. */
    const remember = ({ since, awake }: { since: number; awake: number }) =>
      host.write(record, `${Math.floor(Date.now() / 1000) - since} ${awake} first 120\n`);
    async function names(): Promise<string[]> {
      const { snapshots = [] } = await elastic.snapshot.get({ repository: 'searchgate', snapshot: '*' });
      return snapshots.map(({ snapshot }) => snapshot);
    }
    const said = 'parameters/hosts/node-0/busy-until';
    /** As when the time that was said is over. */
    const forget = () => {
      for (const file of [said, 'run/searchgate/busy-until']) rmSync(join(host.root, file), { force: true });
    };
    const outcome = () => JSON.parse(host.read('parameters/hosts/node-0/snapshots'));

    test('a volume that has none gets one at once: every index, users and cluster state', async () => {
      expect(host.run('snapshots run')).toMatchObject({ code: 0, output: expect.stringMatching(/^good: vol-/) });
      const { snapshots = [] } = await elastic.snapshot.get({ repository: 'searchgate', snapshot: '*' });
      expect(snapshots).toHaveLength(1);
      expect(snapshots[0]).toMatchObject({ state: 'SUCCESS', include_global_state: true });
      expect(snapshots[0]?.snapshot).toMatch(new RegExp(`^${volumeId}-\\d{8}-\\d{6}$`));
      expect(snapshots[0]?.indices).toEqual(expect.arrayContaining(['cities', '.security-7']));
      expect(outcome()).toMatchObject({ outcome: 'good', text: expect.stringMatching(/^vol-\S+, in \d+ s$/) });
    });

    test('what is not due is left: the next look takes none', async () => {
      host.run('snapshots run');
      const before = await names();
      expect(host.run('snapshots run')).toMatchObject({ code: 0, output: '' });
      expect(await names()).toEqual(before);
    });

    test.each([
      ['taken yesterday, and somebody worked since', { since: 25 * hours, awake: 1 * hours }, true],
      ['taken before a long sleep, and nobody worked since', { since: 100 * hours, awake: 60 }, false],
      ['taken this morning', { since: 5 * hours, awake: 5 * hours }, false],
      ['taken in the future, by a clock that was wrong', { since: -1000 * hours, awake: 24 * hours }, true],
    ])('%s', async (_, last, isDue) => {
      const before = await names();
      remember(last);
      expect(host.run('snapshots run').code).toBe(0);
      expect((await names()).filter((name) => !before.includes(name))).toHaveLength(isDue ? 1 : 0);
    });

    test('the age counts the time awake, over sleeps, and starts again with a good one', () => {
      const age = () => Number(host.run('snapshots age').output);
      expect(age()).toBe(120);
      remember({ since: 100 * hours, awake: 30 });
      expect(age()).toBe(30);
      power({ boot: 'first', uptime: 220 });
      expect(age()).toBe(130);
      power({ boot: 'second', uptime: 50 });
      expect(age()).toBe(80);
      host.run('snapshots run');
      power({ boot: 'third', uptime: 7 });
      expect(age()).toBe(87);
      remember({ since: 25 * hours, awake: 2 * hours });
      expect(host.run('snapshots run').code).toBe(0);
      expect(age()).toBeLessThan(10);
    });

    test('a count that a power cut tore begins anew, with a snapshot', async () => {
      host.write(record, '');
      const before = await names();
      expect(host.run('snapshots run').code).toBe(0);
      expect((await names()).length).toBeGreaterThanOrEqual(before.length);
      expect(host.read(record)).toMatch(/^\d+ \d+ first 120\n$/);
    });

    test('going to sleep takes what is due and nothing else', async () => {
      remember({ since: 25 * hours, awake: 3 * hours });
      const before = await names();
      expect(host.run('snapshots before-sleep')).toMatchObject({ code: 0, output: expect.stringMatching(/^good: /) });
      expect(host.run('snapshots before-sleep').output).toBe('');
      expect((await names()).filter((name) => !before.includes(name))).toHaveLength(1);
    });

    test('the newest good ones stay; those of another volume and those of people are never deleted', async () => {
      const others = ['vol-0fedcba9876543210-20250101-000000', 'before-the-great-reindex'];
      for (const snapshot of others)
        await elastic.snapshot.create({ repository: 'searchgate', snapshot, wait_for_completion: true });
      for (let taken = 0; taken < 4; taken++) {
        await wait(1_000);
        remember({ since: 25 * hours, awake: 3 * hours });
        expect(host.run('snapshots run').code).toBe(0);
      }
      const left = await names();
      expect(left).toEqual(expect.arrayContaining(others));
      const own = left.filter((name) => name.startsWith(volumeId));
      expect(own).toHaveLength(3);
      expect(host.read(record)).toMatch(/^\d+ 0 first 120\n$/);
      const [began = 0] = host.read(record).split(' ').map(Number);
      expect(Math.abs(Date.now() / 1000 - began)).toBeLessThan(60);
    }, 60_000);

    test('a bucket that cannot be used is reported, costs nothing else, and heals by itself', async () => {
      await elastic.snapshot.deleteRepository({ name: 'searchgate' });
      renameSync(buckets, `${buckets}-away`);
      expect(host.run('snapshots run')).toMatchObject({ code: 1, output: expect.stringMatching(/^failed: /) });
      expect(outcome()).toMatchObject({
        outcome: 'failed',
        text: expect.stringMatching(/^the bucket searchgate-snapshots cannot be used: \S/),
      });
      expect(host.read(record)).toMatch(/^0 120 /);
      renameSync(`${buckets}-away`, buckets);
      expect(host.run('snapshots run').code).toBe(0);
      expect(outcome()).toMatchObject({ outcome: 'good' });
    });

    test('one that is under way is told, and one that was cut off does not count', async () => {
      await elastic.snapshot.createRepository({
        name: 'searchgate',
        repository: { type: 's3', settings: { bucket: 'searchgate-snapshots', max_snapshot_bytes_per_sec: '16kb' } },
      });
      const document = { text: Array.from({ length: 8_000 }, () => Math.random().toString(36)).join(' ') };
      await elastic.index({ index: 'large', document, refresh: true });
      expect(host.run('snapshots busy').code).toBe(1);
      const { program, parameters, env } = host.command('snapshots run');
      const taking = spawn(program, parameters, { env, stdio: 'ignore' });
      const ended = once(taking, 'exit');
      while (host.run('snapshots busy').code !== 0) await wait(200);
      expect(host.run('busy')).toMatchObject({ code: 0, output: expect.stringContaining('"snapshot"') });
      const [name = ''] = (await names()).slice(-1);
      await elastic.snapshot.delete({ repository: 'searchgate', snapshot: name });
      expect(await ended).toEqual([1, null]);
      expect(outcome()).toMatchObject({ outcome: 'failed', text: expect.stringMatching(/is not whole|was cut off/) });
      expect(host.run('snapshots busy').code).toBe(1);
      expect(host.read(record)).toMatch(/^0 /);
      await elastic.indices.delete({ index: 'large' });
      await elastic.snapshot.deleteRepository({ name: 'searchgate' });
    }, 60_000);

    test('an index without its shards is named; one that is not whole goes after the next good one', async () => {
      await elastic.indices.create({
        index: 'broken',
        settings: { 'index.routing.allocation.require._name': 'nobody' },
        wait_for_active_shards: 0,
        timeout: '1s',
      });
      expect(host.run('snapshots run').code).toBe(1);
      expect(outcome()).toMatchObject({ outcome: 'failed', text: expect.stringMatching(/broken/) });
      const partial = `${volumeId}-20250101-000000`;
      await elastic.snapshot.create({
        repository: 'searchgate',
        snapshot: partial,
        partial: true,
        wait_for_completion: true,
      });
      await elastic.indices.delete({ index: 'broken' });
      expect(await names()).toContain(partial);
      expect(host.run('snapshots run').code).toBe(0);
      expect(await names()).not.toContain(partial);
    });

    test('its user may take snapshots and delete them, and may not read, restore or change anything', async () => {
      const own = elastic.child({
        headers: { authorization: `Basic ${Buffer.from(`searchgate-snapshots:${password}`).toString('base64')}` },
      });
      expect(await own.snapshot.get({ repository: 'searchgate', snapshot: '*' })).toBeDefined();
      const [snapshot = ''] = await names();
      for (const denied of [
        () => own.snapshot.restore({ repository: 'searchgate', snapshot, indices: 'cities', rename_replacement: 'x' }),
        () => own.search({ index: 'cities' }),
        () => own.security.getUser(),
        () => own.snapshot.deleteRepository({ name: 'searchgate' }),
        () => own.cluster.putSettings({ persistent: { 'cluster.routing.rebalance.enable': 'none' } }),
      ])
        await expect(denied()).rejects.toMatchObject({ statusCode: 403 });
    });

    test('a task of more than a minute keeps the host awake while it runs, and no longer', async () => {
      const tasks = async () => String(await elastic.cat.tasks({ h: ['action', 'running_time_ns'] }));
      while (!/^indices:\S+\s+[6-9]\d{10}|\d{12}$/m.test(await tasks())) await wait(1_000);
      forget();
      const text = expect.stringMatching(/^busy: .*indices:data\/write\/index/);
      expect(host.run('busy')).toMatchObject({ code: 0, output: text });
      expect(Date.parse(host.read(said))).toBeGreaterThan(Date.now() + 600_000);
      await elastic.indices.delete({ index: 'patient' });
      expect(await waiting).toBeInstanceOf(Error);
      forget();
      expect(host.run('busy')).toMatchObject({ code: 0, output: '' });
      expect(host.has(said)).toBe(false);
    }, 200_000);

    test('setup starts the service unless snapshots are turned off', () => {
      const setup = readFileSync(join(carriedFiles, 'usr/local/lib/searchgate/setup'), 'utf8');
      expect(setup).toMatch(/\[ "\$SNAPSHOT_HOURS" -eq 0 \] \|\| systemctl --no-block start searchgate-snapshots/);
    });
  },
);

describe('the age of the last snapshot', () => {
  test('is told to root alone: anybody else is told so, and given no number', () => {
    const host = new TrialHost();
    try {
      const record = 'srv/searchgate/.searchgate.snapshots';
      host.write('srv/searchgate/.searchgate', 'name=searchgate\n');
      host.write('proc/sys/kernel/random/boot_id', 'first\n');
      host.write(record, '1700000000 30 first 3600\n', 0o600);
      expect(host.run('snapshots age')).toMatchObject({ code: 0, output: '91\n' });
      chmodSync(join(host.root, record), 0);
      const { program, parameters, env } = host.command('snapshots age');
      // root reads everything
      if (process.getuid?.() === 0) execFileSync('chown', ['--recursive', '65534', host.root]);
      const uid = process.getuid?.() === 0 ? 65_534 : undefined;
      const { status, stdout, stderr } = spawnSync(program, parameters, { env, uid, encoding: 'utf8', cwd: host.root });
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^\S+\.searchgate\.snapshots cannot be read: run this with sudo\n$/);
    } finally {
      host.remove();
    }
  });
});

/** The rights of one of the host's own users, as its configuration gives them. */
function rights(role: string): string[] {
  const script = readFileSync(join(carriedFiles, 'usr/local/lib/searchgate/configuration'), 'utf8');
  const [, roles = ''] = /roles\.yml" << YAML\n([\s\S]*?)\nYAML\n/.exec(script) ?? [];
  return (parse(roles) as Record<string, { cluster: string[] }>)[role]?.cluster ?? [];
}
