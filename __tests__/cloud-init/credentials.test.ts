import { TrialHost } from './trial-host';

const elastic = 'e1'.repeat(24);
const health = 'f2'.repeat(24);
const snapshots = '7c'.repeat(24);
const bin = 'usr/share/elasticsearch/bin';

describe('the credentials', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = new TrialHost();
    host.write('run/searchgate/parameters/secrets/elastic-password', `${elastic}\n`);
    host.write('run/searchgate/parameters/secrets/health-password', `${health}\n`);
    host.write('run/searchgate/parameters/secrets/snapshots-password', `${snapshots}\n`);
    host.replaceAt(`${bin}/elasticsearch-keystore`, 'cat > "$root/etc/elasticsearch/elasticsearch.keystore"');
    host.replaceAt(
      `${bin}/elasticsearch-users`,
      'read -r first; read -r second; [ "$first" = "$second" ] || exit 1; echo "Enter new password:"; users=$root/etc/elasticsearch/users; sed -i "/^$2:/d" "$users"; echo "$2:hash of $(printf %s "$first" | wc -c)" >> "$users"',
    );
    host.replaceAt(
      `${bin}/elasticsearch-service-tokens`,
      `tokens=$root/etc/elasticsearch/service_tokens
      case $1 in
        create) grep -q "^$2/$3:" "$tokens" && exit 1; echo "$2/$3:hash" >> "$tokens"; echo "SERVICE_TOKEN $2/$3 = the-token" ;;
        delete) sed -i "\\\\#^$2/$3:#d" "$tokens" ;;
      esac`,
    );
    host.replaceAt(
      'usr/share/kibana/bin/kibana-keystore',
      'case $1 in create) : > "$root/etc/kibana/kibana.keystore" ;; add) echo "$4=$(cat)" > "$root/etc/kibana/kibana.keystore" ;; esac',
    );
  });
  afterEach(() => host.remove());

  test('the first time the keystore is made, the health user is added, and Kibana joins', () => {
    host.write(
      'etc/elasticsearch/elasticsearch.keystore',
      "the package's own, with passwords of certificates that are gone",
    );
    expect(host.run('credentials')).toMatchObject({
      code: 0,
      summary: 'keystore made, health user made, snapshots user made, Kibana joined by a service account token',
    });
    expect(host.read('etc/elasticsearch/elasticsearch.keystore')).toBe(elastic);
    expect(host.read('etc/elasticsearch/users')).toBe(
      'searchgate-health:hash of 48\nsearchgate-snapshots:hash of 48\n',
    );
    expect(host.read('etc/kibana/kibana.keystore')).toBe('elasticsearch.serviceAccountToken=the-token\n');
  });

  test('the second time nothing is done', () => {
    host.run('credentials');
    host.forgetCalls();
    expect(host.run('credentials').summary).toBe('as before');
    expect(host.calls.filter((call) => call.startsWith('elasticsearch-'))).toEqual([]);
  });

  test('another password in Systems Manager is taken over', () => {
    host.run('credentials');
    host.write('run/searchgate/parameters/secrets/elastic-password', `${'a3'.repeat(24)}\n`);
    host.write('run/searchgate/parameters/secrets/health-password', `${'b4'.repeat(24)}\n`);
    expect(host.run('credentials').summary).toBe('keystore made, health password changed');
    expect(host.read('etc/elasticsearch/elasticsearch.keystore')).toBe('a3'.repeat(24));
  });

  test('a token that was made but never reached Kibana is made anew', () => {
    host.write('etc/elasticsearch/service_tokens', 'elastic/kibana/node-0:hash\n');
    expect(host.run('credentials').summary).toMatch(/Kibana joined/);
    expect(host.calls.filter((call) => call.startsWith('elasticsearch-service-tokens'))).toEqual([
      'elasticsearch-service-tokens delete elastic/kibana node-0',
      'elasticsearch-service-tokens create elastic/kibana node-0',
    ]);
  });

  test('a tool that fails is reported with its own words, and tried again the next time', () => {
    const real = host.read(`${bin}/elasticsearch-users`);
    host.replaceAt(`${bin}/elasticsearch-users`, 'echo "ERROR: Invalid role"; exit 78');
    const { code, reason, output } = host.run('credentials');
    expect(code).not.toBe(0);
    expect(reason).toMatch(/^credentials, line \d+: /);
    expect(output).toContain('ERROR: Invalid role');
    host.write(`${bin}/elasticsearch-users`, real, 0o755);
    expect(host.run('credentials')).toMatchObject({ code: 0, summary: expect.stringMatching(/health user made/) });
  });

  test('no secret is an argument of a program, in the output, or in clear on the root disk', () => {
    const { output } = host.run('credentials');
    for (const value of [elastic, health, snapshots, 'the-token']) {
      expect(host.calls.join('\n')).not.toContain(value);
      expect(output).not.toContain(value);
      for (const file of ['keystore', 'health', 'snapshots', 'kibana-token'])
        expect(host.read(`var/lib/searchgate/${file}.applied`)).not.toContain(value);
    }
  });
});
