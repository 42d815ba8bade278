import { standInForParameters } from './parameter-stand-in';
import { TrialHost } from './trial-host';

/** A host whose package manager installs by writing a version into a file. */
function hostWithPackages(settings: ConstructorParameters<typeof TrialHost>[1] = {}): TrialHost {
  const host = new TrialHost(undefined, settings);
  // for what is not installed, rpm says so on standard output
  host.replace(
    'rpm',
    'package=$4; cat "$root/$package.installed" 2> /dev/null || { echo "package $package is not installed"; exit 1; }',
  );
  host.replace(
    'dnf',
    `case $* in
      *repoquery*) echo 9.9.1 ;;
      *install*)
        echo "the generated password is: hidden"
        for last in "\${@:6}"; do printf '%s' "\${last#*-}" > "$root/\${last%%-*}.installed"; done ;;
    esac`,
  );
  standInForParameters(host, {});
  return host;
}

const installs = (host: TrialHost) =>
  host.calls.filter((call) => /^dnf .* install /.test(call)).map((call) => call.replace(/.* install /, ''));

describe('the packages', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = hostWithPackages();
  });
  afterEach(() => host.remove());

  test('a new volume gets the newest version of the series, which is recorded on it', () => {
    expect(host.run('packages')).toMatchObject({ code: 0, summary: 'installed 9.9.1, chosen by 9.x' });
    expect(installs(host)).toEqual(['elasticsearch-9.9.1', 'kibana-9.9.1']);
    expect(host.read('srv/searchgate/elastic-version')).toBe('9.9.1\n');
  });

  test('a volume that was used before gets the version that it was used with, asking for no other', () => {
    host.write('srv/searchgate/elastic-version', '9.2.1\n');
    expect(host.run('packages').summary).toBe('installed 9.2.1, as recorded on the volume');
    expect(host.calls.some((call) => call.includes('repoquery'))).toBe(false);
  });

  test('an exact version is taken as it is written, from its own series', () => {
    host.remove();
    host = hostWithPackages({ ELASTIC_VERSION: '8.19.2' });
    expect(host.run('packages').summary).toBe('installed 8.19.2, chosen by 8.19.2');
    expect(host.read('etc/yum.repos.d/elastic.repo')).toContain(
      'baseurl=https://artifacts.elastic.co/packages/8.x/yum\n',
    );
  });

  test('signatures are checked, and the repository is never used by an ordinary upgrade', () => {
    host.run('packages');
    const repository = host.read('etc/yum.repos.d/elastic.repo');
    expect(repository).toMatch(/^gpgcheck=1$/m);
    expect(repository).toMatch(/^enabled=0$/m);
    expect(repository).toMatch(/^gpgkey=https:\/\/artifacts\.elastic\.co\/GPG-KEY-elasticsearch$/m);
    expect(
      host.calls.filter((call) => call.startsWith('dnf')).every((call) => call.includes('--enablerepo=elastic')),
    ).toBe(true);
  });

  test('the second time the network is not asked', () => {
    host.run('packages');
    host.forgetCalls();
    expect(host.run('packages')).toMatchObject({ code: 0, summary: '9.9.1 is installed' });
    expect(host.calls.some((call) => call.startsWith('dnf'))).toBe(false);
  });

  test('a host that was cut off between the two packages goes on with the version of the first', () => {
    host.write('elasticsearch.installed', '9.8.0');
    expect(host.run('packages').summary).toBe('installed 9.8.0, as installed');
    expect(installs(host)).toEqual(['kibana-9.8.0']);
  });

  test('data is never opened by an older version than it was used with, nor by a newer one unasked', () => {
    host.write('srv/searchgate/elastic-version', '9.2.1\n');
    host.write('elasticsearch.installed', '9.3.0');
    expect(host.run('packages')).toMatchObject({
      code: 3,
      reason: expect.stringMatching(/elasticsearch 9\.3\.0 is installed, the volume was last used with 9\.2\.1/),
    });
    expect(installs(host)).toEqual([]);
  });

  test('data that was last used with a version which cannot be had any more is refused, not opened by another', () => {
    host.write('srv/searchgate/elastic-version', '9.9.2\n');
    host.replace('dnf', 'case $* in *repoquery*) printf "9.9.0\\n9.9.1\\n" ;; *) exit 1 ;; esac');
    expect(host.run('packages')).toMatchObject({
      code: 3,
      reason: expect.stringMatching(
        /^the volume was last used with 9\.9\.2, which Elastic's package repository does not/,
      ),
    });
    host.replace('dnf', 'exit 1');
    expect(host.run('packages').code).toBe(1);
  });

  test.each([
    ['lost', undefined],
    ['empty', ''],
    ['damaged', '\0\0\0'],
  ])('data whose version is %s is refused, not opened by the newest', (_, record) => {
    host.write('srv/searchgate/elasticsearch/_state/manifest', '');
    if (record !== undefined) host.write('srv/searchgate/elastic-version', record);
    expect(host.run('packages')).toMatchObject({
      code: 3,
      reason: expect.stringMatching(/elastic-version does not say which version .* write it there/),
    });
    expect(installs(host)).toEqual([]);
  });

  test('a failed download says so, may pass by itself, and records nothing', () => {
    host.replace(
      'dnf',
      'case $* in *repoquery*) echo 9.9.1 ;; *) echo "Curl error (28): Timeout was reached"; exit 1 ;; esac',
    );
    expect(host.run('packages')).toMatchObject({
      code: 1,
      reason: 'elasticsearch 9.9.1 could not be installed: Curl error (28): Timeout was reached',
    });
    expect(host.has('srv/searchgate/elastic-version')).toBe(false);
    host.replace('dnf', 'exit 1');
    expect(host.run('packages')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(/repository does not answer/),
    });
  });

  test('the password that the package makes for itself gets into no log', () => {
    const { output, reason, summary } = host.run('packages');
    expect(output + reason + summary).not.toContain('hidden');
    expect(host.has('run/searchgate/dnf.log')).toBe(false);
  });

  describe('an order to upgrade', () => {
    const order = (text: string) => host.write('parameters/upgrade/node-0', text);
    const record = () => host.read('srv/searchgate/elastic-version').trim();
    beforeEach(() => {
      host.write('srv/searchgate/elastic-version', '9.5.2\n');
      for (const name of ['elasticsearch', 'kibana']) host.write(`${name}.installed`, '9.5.2');
    });

    test('installs both at once while neither runs, and only then is it recorded', () => {
      order('9.5.3 from 9.5.2 on vol-0123456789abcdef0');
      expect(host.run('packages')).toMatchObject({ code: 0, summary: 'installed 9.5.3, as ordered, after 9.5.2' });
      expect(installs(host)).toEqual(['elasticsearch-9.5.3 kibana-9.5.3']);
      const stop = host.calls.indexOf('systemctl stop kibana.service elasticsearch.service');
      expect(stop).toBeGreaterThan(-1);
      expect(stop).toBeLessThan(host.calls.findIndex((call) => call.includes(' install ')));
      expect(record()).toBe('9.5.3');
      host.forgetCalls();
      expect(host.run('packages').summary).toBe('9.5.3 is installed');
      expect(installs(host)).toEqual([]);
    });

    test.each([
      ['an older version', '9.4.9 from 9.5.2 on vol-0123456789abcdef0'],
      ['another volume', '9.5.3 from 9.5.2 on vol-0fedcba9876543210'],
      ['data in another version', '9.5.3 from 9.5.1 on vol-0123456789abcdef0'],
      ['two majors at once', '11.0.0 from 9.5.2 on vol-0123456789abcdef0'],
      ['something that is no version', '9.5.3; reboot from 9.5.2 on vol-0123456789abcdef0'],
    ])('for %s is not obeyed', (_, text) => {
      order(text);
      expect(host.run('packages')).toMatchObject({ code: 0, summary: '9.5.2 is installed' });
      expect(installs(host)).toEqual([]);
      expect(record()).toBe('9.5.2');
    });

    test('to the next major takes it from its own series', () => {
      order('10.0.0 from 9.5.2 on vol-0123456789abcdef0');
      expect(host.run('packages').summary).toBe('installed 10.0.0, as ordered, after 9.5.2');
      expect(host.read('etc/yum.repos.d/elastic.repo')).toContain('/10.x/yum');
    });

    test('that cannot be installed leaves the host as it is, which says so', () => {
      order('9.5.3 from 9.5.2 on vol-0123456789abcdef0');
      host.replace('dnf', 'echo "No match for argument: elasticsearch-9.5.3"; exit 1');
      const { code, output } = host.run('packages');
      expect(code).toBe(0);
      expect(output).toMatch(/the upgrade to 9\.5\.3 failed: No match for argument/);
      expect(record()).toBe('9.5.2');
    });

    describe('on a new root disk, where nothing is installed', () => {
      beforeEach(() => {
        for (const name of ['elasticsearch', 'kibana']) host.delete(`${name}.installed`);
        // what systemctl says of units that it does not know
        host.replace(
          'systemctl',
          'case $1 in stop) echo "Failed to stop kibana.service: Unit kibana.service not loaded." >&2; exit 5 ;; esac',
        );
        order('9.5.3 from 9.5.2 on vol-0123456789abcdef0');
      });

      test('is obeyed all the same', () => {
        expect(host.run('packages')).toMatchObject({ code: 0, summary: 'installed 9.5.3, as ordered, after 9.5.2' });
        expect(record()).toBe('9.5.3');
      });

      test('and cannot be obeyed, gives the recorded version', () => {
        const real = host.read('programs/dnf');
        host.write(
          'programs/dnf',
          real.replace('*repoquery*)', '*9.5.3*) echo "No match for argument"; exit 1 ;;\n*repoquery*)'),
          0o755,
        );
        const { code, output, summary } = host.run('packages');
        expect([code, summary]).toEqual([0, 'installed 9.5.2, as recorded on the volume']);
        expect(output).toMatch(/the upgrade to 9\.5\.3 failed: No match for argument/);
        expect(record()).toBe('9.5.2');
      });
    });

    test('waits for services that do not stop: packages are never replaced under them', () => {
      order('9.5.3 from 9.5.2 on vol-0123456789abcdef0');
      host.replace('systemctl', 'exit 1');
      expect(host.run('packages').code).toBe(1);
      expect(installs(host)).toEqual([]);
    });

    test('that was cut off between the two packages is carried on, without Systems Manager too', () => {
      order('9.5.3 from 9.5.2 on vol-0123456789abcdef0');
      const real = host.read('programs/dnf');
      host.replace('dnf', 'printf 9.5.3 > "$root/elasticsearch.installed"; exit 1');
      expect(host.run('packages')).toMatchObject({ code: 1, reason: expect.stringMatching(/^the upgrade to 9\.5\.3/) });
      expect(record()).toBe('9.5.2');
      host.write('programs/dnf', real, 0o755);
      host.replace('aws', 'exit 255');
      expect(host.run('packages')).toMatchObject({ code: 0, summary: 'installed 9.5.3, as ordered, after 9.5.2' });
      expect(record()).toBe('9.5.3');
    });

    test('Systems Manager that does not answer stops no boot', () => {
      host.replace('aws', 'exit 255');
      expect(host.run('packages')).toMatchObject({ code: 0, summary: '9.5.2 is installed' });
    });
  });
});
