import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { BootReport } from '../../local/machine-boot/boot-console';
import { CertificateAuthority } from '../../local/machine-boot/certificates';
import { certificateParameters, HostBoot, volumeId } from '../../local/machine-boot/host-boot';
import type { Machine } from '../../local/machine-boot/machine';
import type { Parameter } from '../../local/machine-boot/parameter-store';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';
import { describeWith } from '../requirements';

const minutes = 60_000;
const prefix = '/searchgate';
const names = { search: 'search.searchgate.internal', kibana: 'kibana.searchgate.internal' };
const ports = { search: 9200, kibana: 5601 };
type Service = keyof typeof names;

/** A host over its life: looked after, given new certificates, stopped and started, with its secrets lost. */
describeWith(['machine', 'java', 'maven', 'python', 'openssl', 'curl'], 'a host that is cared for', () => {
  const { settings } = readSettings({ ...example, alarms: { email: 'somebody@example.com' } });
  const old = new CertificateAuthority('old');
  const successor = new CertificateAuthority('new');
  let place: HostBoot;
  let machine: Machine;

  const boot = (): Promise<BootReport> => machine.boot(place.volume.device, volumeId);
  const parameter = async (path: string) => (await place.neighbours.parameters())[`${prefix}/${path}`] as Parameter;
  const secret = (name: string) => parameter(`secrets/${name}`);
  const elastic = async () => ['--user', `elastic:${(await secret('elastic-password')).value}`];
  const inside = async (command: string) => {
    const { code, output, errors } = await machine.run(command);
    expect(`${command} ended with ${code}: ${code === 0 ? '' : errors}`).toBe(`${command} ended with 0: `);
    return output.trim();
  };

  /** A file for curl with the CA certificates that a forwarder trusts. */
  function trusted(...authorities: CertificateAuthority[]): string {
    const file = join(
      machine.disk,
      '..',
      `trusted-${authorities.length}-${authorities[0] === old ? 'old' : 'new'}.pem`,
    );
    writeFileSync(file, authorities.map(({ certificate }) => certificate).join(''));
    return file;
  }
  /** As a forwarder asks, with its own connection each time. */
  const ask = (service: Service, path: string, authority: string, ...options: string[]) =>
    place.neighbours.curl(
      ...['--cacert', authority, '--resolve', `${names[service]}:${ports[service]}:10.42.0.10`],
      ...options,
      `https://${names[service]}:${ports[service]}${path}`,
    );
  const status = async (service: Service, path: string, authority: string) =>
    (await ask(service, path, authority, ...(await elastic()), '--output', '/dev/null', '--write-out', '%{http_code}'))
      .output;
  const search = async (path: string, ...options: string[]) =>
    (await ask('search', path, trusted(old, successor), ...(await elastic()), ...options)).output;
  const putDocuments = async (count: number) => {
    const lines = Array.from({ length: count }, (_, id) => `{"index":{"_id":"${id}"}}\n{"number":${id}}\n`).join('');
    const file = join(machine.disk, '..', 'bulk');
    writeFileSync(file, lines);
    const answer = await search(
      '/care/_bulk',
      '--header',
      'content-type: application/x-ndjson',
      '--data-binary',
      `@${file}`,
    );
    expect(answer).toContain('"errors":false');
  };
  /** Operations that Elasticsearch had to take from its log when it opened the index, because it had not been closed. */
  const recovered = async (): Promise<number> => {
    for (let tries = 0; tries < 180; tries++, await wait(500)) {
      const [, count] = /"translog":\{"recovered":(\d+)/.exec(await search('/care/_recovery')) ?? [];
      if (count !== undefined) return Number(count);
    }
    throw new Error('the index is not recovered');
  };
  const issued = (authority: CertificateAuthority) => ({
    'node-0': authority.issue(names.search),
    kibana: authority.issue(names.kibana),
  });
  const renew = (authorities: CertificateAuthority[], servers: Parameters<typeof certificateParameters>[2]) =>
    place.neighbours
      .put(certificateParameters(prefix, authorities.map(({ certificate }) => certificate).join(''), servers))
      .then(() => inside('systemctl start searchgate-renew'));

  const given = {
    'elastic-password': randomBytes(24).toString('hex'),
    'health-password': randomBytes(24).toString('hex'),
    'kibana-encryption-keys': [1, 2, 3].map(() => randomBytes(32).toString('hex')).join(' '),
  };

  beforeAll(async () => {
    place = await HostBoot.prepare((text) => process.stdout.write(`${text}\n`), settings);
    await place.neighbours.put(certificateParameters(prefix, old.certificate, issued(old)));
    for (const [name, value] of Object.entries(given))
      await place.neighbours.put({ [`${prefix}/secrets/${name}`]: { type: 'SecureString', value, version: 1 } });
    machine = await place.launch();
  }, 10 * minutes);
  afterAll(async () => {
    old.close();
    successor.close();
    await place?.close();
  }, minutes);

  test(
    'a volume that was lost is survived: with a blank one the secrets in Systems Manager are the ones that count',
    async () => {
      expect(await boot()).toMatchObject({ outcome: 'READY' });
      for (const [name, value] of Object.entries(given))
        expect(await secret(name)).toMatchObject({ value, version: 1 });
      expect(await status('search', '/_security/_authenticate', trusted(old))).toBe('200');
    },
    8 * minutes,
  );

  test('it is looked after by timers, without a word in the log that something went wrong', async () => {
    expect(await inside('systemctl is-active searchgate-watch.timer searchgate-renew.timer')).toBe('active\nactive');
    await inside('systemctl start searchgate-watch');
    const health = JSON.parse((await parameter('hosts/node-0/health')).value);
    expect(health).toMatchObject({
      setup: { outcome: 'ready', version: '9.5.3' },
      elasticsearch: 'active',
      kibana: 'active',
      cluster: { status: 'green' },
      heap: { heap_used_percent: expect.any(Number), heap_max_in_bytes: expect.any(Number) },
      data_volume: { used_percent: expect.any(Number), bytes: expect.any(Number) },
      'elasticsearch/certs/server.crt': expect.stringMatching(/^\d{4}-/),
      trouble: [],
    });
    expect(JSON.parse(await inside('/usr/local/lib/searchgate/status'))).toMatchObject({
      cluster: { status: 'green' },
    });
    expect(await place.neighbours.metrics()).toContainEqual(
      `DataVolumeUsedPercent node-0 ${health.data_volume.used_percent}`,
    );
    expect((await place.neighbours.metrics()).join()).not.toContain('Troubles');
    expect(await inside('journalctl --unit searchgate-watch --output cat')).not.toMatch(/error|denied|failed/i);
  });

  test('it may ask Elasticsearch what it is busy with, by the user for health checks, and has nothing to say', async () => {
    const netrc = '--netrc-file /run/searchgate/health.netrc';
    const asked = (path: string) =>
      inside(
        `curl --silent --fail --cacert /etc/elasticsearch/certs/ca.crt ${netrc} 'https://${names.search}:9200${path}'`,
      );
    expect(await asked('/_cat/tasks?h=action,running_time_ns')).toMatch(/^(\S+ +\d+ *\n?)+$/);
    expect(await asked('/_snapshot/_status?filter_path=snapshots.snapshot')).toBe('{}');
    expect(await asked('/_cat/health?h=init,relo')).toMatch(/^ *0 +0$/);
    expect(await parameter('hosts/node-0/busy-until')).toBeUndefined();
  });

  test(
    'a change of the CA fails no request: before, while both are trusted, and after',
    async () => {
      const failures: string[] = [];
      let requests = 0;
      let going = true;
      /** Forwarders of before and after, each with what it trusts, all the time. */
      let forwarders: [Service, string][] = [['search', trusted(old)]];
      const load = (async () => {
        while (going) {
          for (const [service, authority] of forwarders) {
            const path = service === 'search' ? '/_cluster/health' : '/api/status';
            const code = await status(service, path, authority);
            requests++;
            if (code !== '200') failures.push(`${service} answered ${code} to ${authority}`);
          }
          await wait(100);
        }
      })();
      const servedBy = async (service: Service, authority: string) => {
        for (let tries = 0; tries < 100; tries++, await wait(200))
          if ((await status(service, '/', authority)) !== '000') return;
        throw new Error(`${service} has no certificate under ${authority}`);
      };
      const servers = issued(old);
      await renew([old, successor], servers);
      // from here on forwarders are deployed that trust both; the old ones still serve
      await inside(
        'until systemctl is-active kibana && curl --insecure --silent --fail https://10.42.0.10:5601/api/status; do sleep 0.2; done',
      );
      const kibana = await inside('systemctl show --property MainPID kibana');
      const elasticsearch = await inside('systemctl show --property MainPID elasticsearch');
      const both = trusted(old, successor);
      forwarders = [
        ['search', both],
        ['kibana', both],
      ];
      await wait(300);
      await renew([old, successor], issued(successor));
      await servedBy('search', trusted(successor));
      await servedBy('kibana', trusted(successor));
      forwarders = [
        ['search', both],
        ['search', trusted(successor)],
        ['kibana', trusted(successor)],
      ];
      await wait(1000);
      // the same processes all the way: nothing was started anew
      expect(await inside('systemctl show --property MainPID kibana')).toBe(kibana);
      expect(await inside('systemctl show --property MainPID elasticsearch')).toBe(elasticsearch);
      going = false;
      await load;
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThan(20);
      // the old CA is trusted no longer, and would not have done
      expect(await status('search', '/', trusted(old))).toBe('000');
    },
    3 * minutes,
  );

  test(
    'an Elasticsearch that is killed is told of, comes back by itself, and has something to recover: the check below can tell',
    async () => {
      await putDocuments(100);
      await inside(
        'systemctl kill --signal KILL elasticsearch; while systemctl is-active elasticsearch; do sleep 0.2; done',
      );
      await inside('systemctl start searchgate-watch');
      const { trouble } = JSON.parse((await parameter('hosts/node-0/health')).value);
      expect(trouble).toContain('Elasticsearch does not answer: see journalctl -u elasticsearch');
      expect(await place.neighbours.metrics()).toContainEqual(`Troubles node-0 ${trouble.length}`);
      expect(await recovered()).toBeGreaterThan(0);
      expect(await search('/care/_count')).toContain('"count":100');
    },
    2 * minutes,
  );

  test(
    'a host that is stopped closes its indices first: nothing has to be recovered, and the secrets that were lost meanwhile are made anew',
    async () => {
      await putDocuments(500);
      const before = {
        password: (await secret('elastic-password')).value,
        keys: (await secret('kibana-encryption-keys')).value,
      };
      for (const name of Object.keys(given)) await place.neighbours.remove(`${prefix}/secrets/${name}`);
      await machine.powerOff();
      expect(await boot()).toMatchObject({ outcome: 'READY' });
      expect((await secret('elastic-password')).value).not.toBe(before.password);
      expect(await recovered()).toBe(0);
      expect(await search('/care/_count')).toContain('"count":500');
      // Kibana's keys were still on this host
      expect((await secret('kibana-encryption-keys')).value).toBe(before.keys);
      const asBefore = await ask('search', '/', trusted(successor), '--user', `elastic:${before.password}`);
      expect(asBefore.output).toContain('"status":401');
      // who reset the password is gone again
      const users = await inside('cut -d : -f 1 /etc/elasticsearch/users');
      expect(users.split('\n').sort()).toEqual(['searchgate-health', 'searchgate-snapshots']);
    },
    8 * minutes,
  );
});
