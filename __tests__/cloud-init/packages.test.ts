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
      *install*) last=$6; echo "the generated password is: hidden"; printf '%s' "$(cut -d - -f 2 <<< "$last")" > "$root/$(cut -d - -f 1 <<< "$last").installed" ;;
    esac`,
  );
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
});
