import { TrialHost } from './trial-host';

describe('the renewal of certificates', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = new TrialHost();
    host.write('srv/searchgate/elastic-version', '9.5.3\n');
    host.replace('systemctl', 'case $* in *is-failed*) exit 1 ;; esac');
    host.replace('curl', 'case $* in *_cluster/health*) echo \'{"status":"green"}\' ;; esac');
    phase('parameters', 'mkdir -p "$parameters"; echo secret > "$parameters/key"');
  });
  afterEach(() => host.remove());

  const phase = (name: string, body: string) =>
    host.replaceAt(
      `usr/local/lib/searchgate/${name}`,
      `. "$SEARCHGATE_ROOT/usr/local/lib/searchgate/phase.sh"\n${body}`,
    );
  /** What configuration finds changed. */
  const changes = (...files: string[]) =>
    phase('configuration', files.map((file) => `echo "$root/etc/${file}" >> "$run/changed"`).join('\n'));
  const actions = () =>
    host.calls
      .filter((call) => /^systemctl .*(start|stop|reload)/.test(call))
      .map((call) => call.replace(/^systemctl (--no-block )?/, ''));

  test('leaves everything alone where nothing is new', () => {
    changes();
    expect(host.run('renew')).toMatchObject({ code: 0, output: '' });
    expect(host.calls.filter((call) => /^(systemctl|curl)/.test(call))).toEqual([]);
  });

  test('disturbs nobody: Elasticsearch reads its certificate by itself, Kibana when it is told to', () => {
    changes('elasticsearch/certs/server.crt', 'elasticsearch/certs/server.key', 'kibana/certs/server.crt');
    expect(host.run('renew')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^renewed: .*kibana\/certs\/server\.crt\n$/),
    });
    expect(actions()).toEqual(['start elasticsearch.service', 'reload-or-restart kibana.service']);
    expect(host.read('etc/systemd/system/kibana.service.d/searchgate.conf')).toContain(
      'ExecReload=/bin/kill -HUP $MAINPID\n',
    );
  });

  test('starts Kibana anew where the CA changed, which it reads at its start alone; Elasticsearch goes on', () => {
    changes('elasticsearch/certs/ca.crt', 'kibana/certs/ca.crt', 'kibana/certs/server.crt');
    host.run('renew');
    expect(actions()).toEqual(['start elasticsearch.service', 'stop kibana.service', 'start kibana.service']);
  });

  test('says why where it cannot: the services keep what they have', () => {
    phase('configuration', 'fail "the certificate is no good"');
    expect(host.run('renew')).toMatchObject({ code: 1, output: 'the certificate is no good' });
    expect(actions()).toEqual([]);
  });

  test('leaves no secret behind, however it ended', () => {
    changes();
    host.run('renew');
    expect(host.has('run/searchgate/parameters')).toBe(false);
    phase('configuration', 'fail x');
    host.run('renew');
    expect(host.has('run/searchgate/parameters')).toBe(false);
  });

  test('waits for a setup that runs, and setup for it', () => {
    for (const script of ['setup', 'renew'])
      expect(host.read(`usr/local/lib/searchgate/${script}`)).toMatch(/^exec 9> "\$run\/lock"\nflock 9\n/m);
  });
});
