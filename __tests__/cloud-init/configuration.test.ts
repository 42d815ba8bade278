import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { armInstanceMemory, hostInstanceTypes } from '../../constructs/instance-types';
import { CertificateAuthority } from '../../local/machine-boot/certificates';
import { describeWith } from '../requirements';
import { synthesized } from '../synthesized';
import { TrialHost } from './trial-host';

const keys = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];

describeWith(['openssl'], 'the configuration', () => {
  let host: TrialHost;
  const authority = new CertificateAuthority('searchgate');
  afterAll(() => authority.close());
  beforeEach(() => {
    host = readyHost();
  });
  afterEach(() => host.remove());

  function readyHost(settings: ConstructorParameters<typeof TrialHost>[1] = {}): TrialHost {
    const ready = new TrialHost(undefined, settings);
    ready.write('srv/searchgate/elastic-version', '9.5.3\n');
    ready.write(
      'etc/elasticsearch/log4j2.properties',
      'appender.rolling.policies.size.size = 256MB\nappender.rolling.strategy.action.condition.exceeds = 2GB\nrootLogger.level = info\n',
    );
    const given = (name: string, value: string) => ready.write(`run/searchgate/parameters/${name}`, value);
    given('certificates/ca', authority.certificate);
    for (const [server, name] of [
      ['node-0', 'search.searchgate.internal'],
      ['kibana', 'kibana.searchgate.internal'],
    ] as const) {
      const issued = authority.issue(name);
      given(`certificates/${server}/certificate`, issued.certificate);
      given(`certificates/${server}/key`, issued.key);
    }
    given('secrets/kibana-encryption-keys', `${keys.join(' ')}\n`);
    return ready;
  }

  const settingsOf = (program: 'elasticsearch' | 'kibana') =>
    parse(host.read(`etc/${program}/${program}.yml`)) as Record<string, unknown>;
  const heapAt = (gibibytes: number) => {
    host.write('proc/meminfo', `MemTotal: ${Math.round(gibibytes * 0.93 * 2 ** 20)} kB\n`);
    const { code } = host.run('configuration');
    const heap = /^-Xms(\d+)m\n-Xmx\1m\n/.exec(host.read('etc/elasticsearch/jvm.options.d/heap.options'))?.[1];
    const kibana = /--max-old-space-size=(\d+)$/m.exec(host.read('etc/kibana/node.options'))?.[1];
    return { code, heap: Number(heap), kibana: Number(kibana) };
  };

  test('Elasticsearch serves TLS on the interface, keeps its transport on the loopback and its data on the volume', () => {
    expect(host.run('configuration').code).toBe(0);
    expect(settingsOf('elasticsearch')).toMatchObject({
      'node.name': 'node-0',
      'path.data': join(host.root, 'srv/searchgate/elasticsearch'),
      'http.host': '10.42.0.10',
      'http.port': 9200,
      'transport.host': '_local_',
      'xpack.security.enabled': true,
      'xpack.security.http.ssl.enabled': true,
      'xpack.security.transport.ssl.enabled': false,
    });
  });

  test('Kibana serves TLS over http1, checks Elasticsearch in full, and its connectors reach nobody', () => {
    host.run('configuration');
    expect(settingsOf('kibana')).toMatchObject({
      'server.host': '10.42.0.10',
      'server.publicBaseUrl': 'https://kibana.example.com',
      'server.protocol': 'http1',
      'server.ssl.enabled': true,
      'elasticsearch.hosts': ['https://search.searchgate.internal:9200'],
      'elasticsearch.ssl.verificationMode': 'full',
      'xpack.actions.allowedHosts': [],
      'xpack.security.encryptionKey': keys[0],
      'xpack.encryptedSavedObjects.encryptionKey': keys[1],
      'xpack.reporting.encryptionKey': keys[2],
    });
    expect(host.read('etc/hosts')).toBe('127.0.0.1 localhost\n10.42.0.10 search.searchgate.internal\n');
  });

  test('a Kibana that knows no such setting is not told its protocol', () => {
    host.write('srv/searchgate/elastic-version', '8.19.2\n');
    host.run('configuration');
    expect(settingsOf('kibana')).not.toHaveProperty('server.protocol');
  });

  test('keys and settings with keys are readable by their service only', () => {
    host.run('configuration');
    for (const [path, owner] of [
      ['etc/elasticsearch/certs/server.key', 'root:elasticsearch'],
      ['etc/kibana/certs/server.key', 'root:kibana'],
      ['etc/kibana/kibana.yml', 'root:kibana'],
      ['etc/elasticsearch/elasticsearch.yml', 'root:elasticsearch'],
    ] as const) {
      expect(statSync(join(host.root, path)).mode & 0o777).toBe(0o640);
      expect(host.calls).toContain(`chown ${owner} ${join(host.root, path)}.new`);
    }
  });

  test.each([
    [4, 1100, 1250, 900, 1000],
    [8, 2900, 3400, 1024, 1024],
    [16, 6400, 7200, 1024, 1024],
    [128, 31744, 31744, 1024, 1024],
  ])(
    'of %i GiB, Elasticsearch takes %i to %i MiB of heap and Kibana %i to %i',
    (memory, least, most, kibanaLeast, kibanaMost) => {
      const { heap, kibana } = heapAt(memory);
      expect(heap).toBeGreaterThanOrEqual(least);
      expect(heap).toBeLessThanOrEqual(Math.min(most, memory * 512));
      expect(kibana).toBeGreaterThanOrEqual(kibanaLeast);
      expect(kibana).toBeLessThanOrEqual(kibanaMost);
    },
  );

  /** Low, high and flood stage of a volume, in MiB that are free. */
  function watermarks(gibibytes: number): number[] {
    host.replace('df', `printf 'Size\\n%s\\n' ${gibibytes * 1024}`);
    expect(host.run('configuration').code).toBe(0);
    const settings = settingsOf('elasticsearch');
    return ['low', 'high', 'flood_stage'].map((name) =>
      Number(/^(\d+)mb$/.exec(String(settings[`cluster.routing.allocation.disk.watermark.${name}`]))?.[1]),
    );
  }

  test('Elasticsearch stops writing while there is still room, whatever the size of the volume, at growing distances', () => {
    expect(watermarks(1)).toEqual([204, 153, 102]);
    expect(watermarks(20)).toEqual([2560, 1920, 1280]);
    expect(watermarks(100)).toEqual([10240, 7680, 5120]);
    expect(watermarks(16384)).toEqual([40960, 30720, 20480]);
  });

  test('the alarm of a volume that fills up says from when on Elasticsearch places no more shards', () => {
    const alarms = synthesized({ alarms: { email: 'ops@example.com' } })
      .stack('host')
      .all('aws_cloudwatch_metric_alarm');
    const { alarm_description: told } =
      Object.values(alarms).find(({ metric_name }) => metric_name === 'DataVolumeUsedPercent') ?? {};
    const places = [...String(told).matchAll(/(\d+) % of (\d+) GiB/g)].map(([, ...numbers]) => numbers.map(Number));
    expect(places).toHaveLength(4);
    for (const [percent, gibibytes = 0] of places)
      expect(percent).toBe(Math.floor(100 - (100 * (watermarks(gibibytes)[0] ?? 0)) / (gibibytes * 1024)));
  });

  test('the logs of Elasticsearch are kept small, and it writes neither heap dumps nor a log of its collections', () => {
    host.run('configuration');
    expect(host.read('etc/elasticsearch/log4j2.properties')).toBe(
      'appender.rolling.policies.size.size = 32MB\nappender.rolling.strategy.action.condition.exceeds = 32MB\nrootLogger.level = info\n',
    );
    expect(host.read('etc/elasticsearch/jvm.options.d/heap.options')).toMatch(
      /^-XX:-HeapDumpOnOutOfMemoryError\n-Xlog:disable$/m,
    );
  });

  test("Kibana's connectors reach the hosts that the settings name, and no other", () => {
    host.remove();
    host = readyHost({ CONNECTOR_HOSTS: 'hooks.slack.com, api.example.com' });
    host.run('configuration');
    expect(settingsOf('kibana')).toHaveProperty(['xpack.actions.allowedHosts'], ['hooks.slack.com', 'api.example.com']);
  });

  test('what is documented for every instance type is what the script takes, and what the programs may take at most fits', () => {
    const documented = readFileSync(join(__dirname, '../../docs/host.md'), 'utf8');
    for (const memory of [...new Set(hostInstanceTypes.map((type) => armInstanceMemory[type]))]) {
      host.forgetCalls();
      const { heap, kibana } = heapAt(memory);
      const limit = Number(/MemoryMax=(\d+)M/.exec(host.calls.join())?.[1]);
      const seen = Math.floor(memory * 0.93 * 1024);
      const elasticsearch = Math.floor(heap * 1.5) + 250;
      const left = seen - elasticsearch - limit;
      expect(left).toBeGreaterThan(400);
      const types = hostInstanceTypes.filter((type) => armInstanceMemory[type] === memory).join(', ');
      const row = [types, memory, seen, heap, elasticsearch, kibana, limit, left].join(' | ');
      expect(documented.replace(/ +/g, ' ')).toContain(`| ${row} |`);
    }
  });

  test('a node without Kibana gives its memory to Elasticsearch', () => {
    const shared = heapAt(8);
    host.remove();
    host = readyHost({ KIBANA: 'false' });
    const alone = heapAt(8);
    expect(alone.heap - shared.heap).toBe(Math.floor(shared.kibana / 2));
    expect(host.calls.join()).not.toContain('MemoryMax');
  });

  test('too little memory is refused with what to do', () => {
    host.write('proc/meminfo', 'MemTotal: 950000 kB\n');
    expect(host.run('configuration')).toMatchObject({
      code: 3,
      reason: expect.stringMatching(/choose a host with 4 GiB or more/),
    });
  });

  test('the second time nothing counts as changed', () => {
    expect(host.run('configuration').summary).toMatch(/; [1-9]\d* files changed$/);
    host.write('run/searchgate/changed', '');
    expect(host.run('configuration').summary).toMatch(/; 0 files changed$/);
  });

  test('a renewed certificate counts as changed', () => {
    host.run('configuration');
    host.write('run/searchgate/changed', '');
    const renewed = authority.issue('search.searchgate.internal');
    host.write('run/searchgate/parameters/certificates/node-0/certificate', renewed.certificate);
    host.write('run/searchgate/parameters/certificates/node-0/key', renewed.key);
    host.run('configuration');
    expect(host.read('run/searchgate/changed').trim().split('\n')).toEqual(
      ['server.crt', 'server.key'].map((name) => join(host.root, 'etc/elasticsearch/certs', name)),
    );
  });

  test('a certificate for another name, or of another CA, is found before a service starts with it', () => {
    const wrongName = authority.issue('somebody.else.internal');
    host.write('run/searchgate/parameters/certificates/node-0/certificate', wrongName.certificate);
    expect(host.run('configuration')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(
        /certificates\/node-0 is no good for search\.searchgate\.internal: .*hostname mismatch/i,
      ),
    });
    const stranger = new CertificateAuthority('somebody else');
    host.write(
      'run/searchgate/parameters/certificates/node-0/certificate',
      stranger.issue('search.searchgate.internal').certificate,
    );
    stranger.close();
    expect(host.run('configuration').code).toBe(1);
    expect(host.has('etc/elasticsearch/certs/server.crt')).toBe(false);
  });
});
