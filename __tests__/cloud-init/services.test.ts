import { TrialHost } from './trial-host';

describe('the services', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = readyHost();
  });
  afterEach(() => host.remove());

  function readyHost(settings?: ConstructorParameters<typeof TrialHost>[1]): TrialHost {
    host = new TrialHost(undefined, settings);
    host.write('srv/searchgate/elastic-version', '9.5.3\n');
    host.replace('systemctl', 'case $* in *is-failed*) exit 1 ;; esac');
    host.replace('sleep', '');
    host.replace('curl', 'case $* in *_cluster/health*) echo \'{"status":"green"}\' ;; esac');
    return host;
  }
  const actions = () => host.calls.filter((call) => /^systemctl .*(start|stop|enable) /.test(call));

  test('both are enabled and started, and count as ready once they answer under their names', () => {
    expect(host.run('services')).toMatchObject({
      code: 0,
      summary: expect.stringMatching(
        /^Elasticsearch 9\.5\.3 is green \(after \d+ s\), Kibana 9\.5\.3 is available \(after \d+ s\)$/,
      ),
    });
    expect(actions()).toEqual([
      'systemctl --quiet enable elasticsearch.service kibana.service',
      'systemctl --no-block start elasticsearch.service',
      'systemctl --no-block start kibana.service',
    ]);
    const asked = host.calls.filter((call) => call.startsWith('curl'));
    expect(
      asked.every((call) => /--cacert \S+\/ca\.crt --resolve \w+\.searchgate\.internal:\d+:10\.42\.0\.10/.test(call)),
    ).toBe(true);
    expect(asked.join()).not.toMatch(/--insecure|-k /);
  });

  test('only the one whose configuration changed is restarted', () => {
    host.write('run/searchgate/changed', `${host.root}/etc/kibana/kibana.yml\n`);
    host.run('services');
    expect(actions().slice(1)).toEqual([
      'systemctl --no-block start elasticsearch.service',
      'systemctl stop kibana.service',
      'systemctl --no-block start kibana.service',
    ]);
  });

  test('an old process that takes its time to end is not taken for the new one', () => {
    host.write('run/searchgate/changed', `${host.root}/etc/elasticsearch/elasticsearch.yml\n`);
    host.write('process', 'old');
    // systemd: without --no-block it comes back when the old process has ended
    host.replace(
      'systemctl',
      'case $* in *is-failed*) exit 1 ;; "stop elasticsearch.service") rm "$root/process" ;; esac',
    );
    host.replace('curl', '[ ! -e "$root/process" ] || touch "$root/asked-the-old"; echo \'{"status":"green"}\'');
    expect(host.run('services').code).toBe(0);
    expect(host.has('asked-the-old')).toBe(false);
  });

  test('a node without Kibana stops one that it had, and is ready without', () => {
    host.remove();
    host = readyHost({ KIBANA: 'false' });
    expect(host.run('services')).toMatchObject({
      code: 0,
      summary: expect.stringMatching(/^Elasticsearch 9\.5\.3 is green \(after \d+ s\), Kibana runs elsewhere$/),
    });
    expect(host.calls).toContain('systemctl --quiet disable --now kibana.service');
    expect(actions()).toEqual([
      'systemctl --quiet enable elasticsearch.service',
      'systemctl --no-block start elasticsearch.service',
    ]);
  });

  test('neither may start before the configuration of this boot is written', () => {
    for (const unit of ['elasticsearch', 'kibana'])
      expect(host.read(`etc/systemd/system/${unit}.service.d/searchgate.conf`)).toContain(
        'ConditionPathExists=/run/searchgate/prepared\n',
      );
    host.run('services');
    expect(host.has('run/searchgate/prepared')).toBe(true);
  });

  test('a red cluster is not ready', () => {
    host.replace('curl', 'echo \'{"status":"red"}\'');
    expect(host.run('services')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(/^elasticsearch\.service does not answer after 0 s: see journalctl/),
    });
  });

  test('a service that gave up is reported at once, not after the whole patience', () => {
    host.replace('curl', 'exit 7');
    host.replace('systemctl', '');
    expect(host.run('services', { ANSWER_SECONDS: '900' })).toMatchObject({
      code: 1,
      reason: 'elasticsearch.service does not start: see journalctl -u elasticsearch.service',
    });
  });

  test('Kibana cannot reach the metadata service', () => {
    expect(host.read('etc/systemd/system/kibana.service.d/searchgate.conf')).toMatch(
      /^IPAddressDeny=169\.254\.169\.254/m,
    );
  });
});
