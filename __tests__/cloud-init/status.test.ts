import { CertificateAuthority } from '../../local/machine-boot/certificates';
import { describeWith } from '../requirements';
import { standInForParameters } from './parameter-stand-in';
import { TrialHost } from './trial-host';

/** What status says with --publish, as somebody far away reads it. */
interface Health {
  setup: { outcome?: string } | null;
  elasticsearch: string;
  cluster: { status?: string } | null;
  heap: { heap_used_percent?: number } | null;
  data_volume?: { used_percent: number; bytes: number };
  awake_seconds_since_snapshot: number | null;
  trouble: string[];
  [certificate: `${string}.crt`]: string;
}

describeWith(['python', 'openssl'], "a host's status", () => {
  const authority = new CertificateAuthority('searchgate');
  const long = authority.issue('search.searchgate.internal');
  const short = authority.issue('kibana.searchgate.internal', 20);
  afterAll(() => authority.close());

  let host: TrialHost;
  beforeEach(() => {
    host = hostWith();
  });
  afterEach(() => host.remove());

  function hostWith(settings?: ConstructorParameters<typeof TrialHost>[1]): TrialHost {
    host = new TrialHost(undefined, settings);
    standInForParameters(host, {});
    host.write('var/lib/searchgate/status.json', '{"outcome": "ready", "text": "all is \\"well\\""}\n');
    host.write('srv/searchgate/.searchgate', 'name=searchgate\n');
    for (const service of ['elasticsearch', 'kibana']) {
      host.write(`etc/${service}/certs/ca.crt`, authority.certificate);
      host.write(`etc/${service}/certs/server.crt`, long.certificate);
    }
    host.replace('systemctl', 'case $* in is-active*) echo active ;; esac');
    host.replace('df', 'printf "Use%% 1B-blocks\\n 41%% 21474836480\\n"');
    answer('green');
    host.replaceAt('usr/local/lib/searchgate/snapshots', '[ "$1" = age ] && echo 7200');
    return host;
  }

  const answer = (status: string) =>
    host.replace(
      'curl',
      `case $* in
        *_cluster/health*) echo '{"status":"${status}","unassigned_shards":0}' ;;
        *stats/jvm*) echo '{"nodes":{"x":{"jvm":{"mem":{"heap_used_percent":45,"heap_max_in_bytes":1230000000}}}}}' ;;
      esac`,
    );
  const metrics = () => host.calls.filter((call) => call.startsWith('aws cloudwatch'));
  function publish(): Health {
    expect(host.run('status --publish')).toMatchObject({ code: 0 });
    return JSON.parse(host.read('parameters/hosts/node-0/health'));
  }

  test('has all that an operator asks for, and no trouble where there is none', () => {
    expect(publish()).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      setup: { outcome: 'ready', text: 'all is "well"' },
      elasticsearch: 'active',
      kibana: 'active',
      cluster: { status: 'green', unassigned_shards: 0 },
      heap: { heap_used_percent: 45, heap_max_in_bytes: 1_230_000_000 },
      data_volume: { used_percent: 41, bytes: 21_474_836_480 },
      awake_seconds_since_snapshot: 7200,
      'elasticsearch/certs/ca.crt': expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      'elasticsearch/certs/server.crt': expect.any(String),
      'kibana/certs/ca.crt': expect.any(String),
      'kibana/certs/server.crt': expect.any(String),
      trouble: [],
    });
  });

  test('names every certificate, that between the nodes of a cluster too', () => {
    host.write('etc/elasticsearch/certs/transport.crt', short.certificate);
    const { trouble, 'elasticsearch/certs/transport.crt': end } = publish();
    expect(end).toMatch(/^\d{4}-/);
    expect(trouble).toEqual([expect.stringMatching(/^elasticsearch\/certs\/transport\.crt ends on /)]);
  });

  test('is shown on the host without telling anybody', () => {
    const { output } = host.run('status');
    expect(JSON.parse(output)).toMatchObject({ cluster: { status: 'green' }, trouble: [] });
    expect(host.calls.filter((call) => call.startsWith('aws'))).toEqual([]);
  });

  test('sends the two metrics that alarms watch, and the third only where something is wrong', () => {
    publish();
    expect(metrics()).toEqual([
      'aws cloudwatch put-metric-data --cli-connect-timeout 5 --cli-read-timeout 15 --namespace Searchgate/searchgate --metric-data MetricName=DataVolumeUsedPercent,Dimensions=[{Name=Node,Value=node-0}],Value=41 MetricName=AwakeSecondsSinceSnapshot,Dimensions=[{Name=Node,Value=node-0}],Value=7200',
    ]);
    host.forgetCalls();
    answer('red');
    publish();
    expect(metrics()[0]).toMatch(/ MetricName=Troubles,Dimensions=\[\{Name=Node,Value=node-0\}\],Value=1$/);
  });

  test("sends the cluster's state in a cluster, under one name for all nodes, and counts red among no node's own troubles", () => {
    host.remove();
    host = hostWith({ SEED_ADDRESSES: '10.42.0.10,10.42.16.10,10.42.32.10' });
    for (const [status, level] of [
      ['green', 0],
      ['yellow', 1],
      ['red', 2],
    ] as const) {
      host.forgetCalls();
      answer(status);
      const { trouble } = publish();
      expect(metrics()).toEqual([expect.stringMatching(new RegExp(` MetricName=ClusterState,Value=${level}$`))]);
      expect(trouble).toHaveLength(status === 'red' ? 1 : 0);
    }
    host.forgetCalls();
    host.write('proc/vmstat', 'oom_kill 1\n');
    publish();
    expect(metrics()[0]).toMatch(/ MetricName=ClusterState,Value=2 MetricName=Troubles,\S+,Value=1$/);
    host.forgetCalls();
    host.replace('curl', 'exit 7');
    publish();
    expect(metrics()[0]).not.toContain('ClusterState');
  });

  test.each([
    ['ssm', 'metrics that alarms watch are sent though Systems Manager does not answer', () => metrics().length > 0],
    [
      'cloudwatch',
      'the parameter is written though CloudWatch does not answer',
      () => host.has('parameters/hosts/node-0/health'),
    ],
  ])('%s fails: %s, and the unit fails', (service, _, told) => {
    const real = host.read('programs/aws');
    host.write('programs/aws', real.replace('exec python3', `[ "$1" != ${service} ] || exit 255\nexec python3`), 0o755);
    expect(host.run('status --publish').code).toBe(255);
    expect(told()).toBe(true);
  });

  test('gives up on what does not answer before the unit that looks again in five minutes is ended', () => {
    // at each attempt 5 s for the connection and 15 s for the answer, as said to it; Elasticsearch is asked twice, for 10 s
    host.replace('aws', 'echo "$AWS_MAX_ATTEMPTS" >> "$root/attempts"; exit 255');
    host.run('status --publish');
    const attempts = host.read('attempts').trim().split('\n').map(Number);
    expect(attempts).toHaveLength(2);
    expect(
      host.calls.filter((call) => /^aws .*--cli-connect-timeout 5 --cli-read-timeout 15 /.test(call)),
    ).toHaveLength(2);
    expect(attempts.reduce((sum, each) => sum + each * 20, 20)).toBeLessThan(120);
    expect(host.read('etc/systemd/system/searchgate-watch.service')).toMatch(/^TimeoutStartSec=2min$/m);
  });

  test('is told, whatever becomes of the look at whether the host is busy', () => {
    expect(host.read('etc/systemd/system/searchgate-watch.service')).toMatch(
      /^ExecStart=-\S+\/busy\nExecStart=\S+\/status --publish$/m,
    );
  });

  test('sends no metric, which would cost something, where nobody has set an alarm', () => {
    host.write(
      'etc/searchgate/host.env',
      host.read('etc/searchgate/host.env').replace("ALARMS='true'", "ALARMS='false'"),
    );
    publish();
    expect(metrics()).toEqual([]);
  });

  test('knows of no snapshot, volume or cluster where there is none, and says nothing that it does not know', () => {
    host.replaceAt('usr/local/lib/searchgate/snapshots', 'exit 1');
    host.replace('curl', 'exit 7');
    for (const file of ['srv/searchgate/.searchgate', 'var/lib/searchgate/status.json']) host.delete(file);
    const { cluster, heap, awake_seconds_since_snapshot, setup, trouble, ...others } = publish();
    expect({ cluster, heap, awake_seconds_since_snapshot, setup, trouble }).toEqual({
      cluster: null,
      heap: null,
      awake_seconds_since_snapshot: null,
      setup: null,
      trouble: [],
    });
    expect(others).not.toHaveProperty('data_volume');
    expect(metrics()).toEqual([]);
  });

  test.each<[string, (host: TrialHost) => void, RegExp]>([
    ['a red cluster', () => answer('red'), /^the cluster is red: /],
    [
      'an Elasticsearch that does not answer though it should',
      (it) => it.replace('curl', 'exit 7'),
      /^Elasticsearch does not answer: /,
    ],
    [
      'a setup that failed',
      (it) => it.write('var/lib/searchgate/status.json', '{"outcome": "failed", "text": "x"}'),
      /^setup failed: /,
    ],
    [
      'a unit that failed, be it for want of memory',
      (it) =>
        it.replace(
          'systemctl',
          'case $* in *--failed*) echo "elasticsearch.service loaded failed failed Elasticsearch" ;; esac',
        ),
      /^elasticsearch\.service failed: see journalctl -u elasticsearch\.service$/,
    ],
    [
      'processes that were killed for want of memory',
      (it) => it.write('proc/vmstat', 'pgfault 1\noom_kill 2\n'),
      /memory ran out/,
    ],
    [
      'a certificate that ends soon',
      (it) => it.write('etc/kibana/certs/server.crt', short.certificate),
      /^kibana\/certs\/server\.crt ends on \d{4}-\d\d-\d\d and Systems Manager has no newer one: deploy the certificates stack$/,
    ],
  ])('tells of %s, and what to do', (_, happens, told) => {
    happens(host);
    expect(publish().trouble).toEqual([expect.stringMatching(told)]);
  });

  test('fits into a parameter of 4 KB with every trouble at once', () => {
    answer('red');
    host.write('proc/vmstat', 'oom_kill 2\n');
    host.replace(
      'systemctl',
      'case $* in *--failed*) for i in 1 2 3 4 5 6; do echo "searchgate-$i.service failed"; done ;; esac',
    );
    for (const service of ['elasticsearch', 'kibana']) host.write(`etc/${service}/certs/server.crt`, short.certificate);
    expect(publish().trouble).toHaveLength(10);
    expect(Buffer.byteLength(host.read('parameters/hosts/node-0/health'))).toBeLessThan(3072);
  });
});
