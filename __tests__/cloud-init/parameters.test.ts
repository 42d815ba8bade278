import { describeWith } from '../requirements';
import { deployedParameters, standInForParameters } from './parameter-stand-in';
import { TrialHost } from './trial-host';

const secrets = ['elastic-password', 'health-password', 'snapshots-password', 'kibana-encryption-keys'];

describeWith(['python', 'openssl'], 'the parameters', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = new TrialHost();
    standInForParameters(host, deployedParameters);
  });
  afterEach(() => host.remove());
  const stored = (name: string) => host.read(`parameters/secrets/${name}`);
  const writes = () => host.calls.filter((call) => call.startsWith('aws ssm put-parameter'));

  test('a new deployment gets a password and keys of its own, long enough for both programs', () => {
    expect(host.run('parameters')).toMatchObject({ code: 0, summary: `9 read, made: ${secrets.join(' ')}` });
    expect(stored('elastic-password')).toMatch(/^[0-9a-f]{48}$/);
    expect(stored('health-password')).not.toBe(stored('elastic-password'));
    const keys = stored('kibana-encryption-keys').split(' ');
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key.length).toBeGreaterThanOrEqual(32);
  });

  test('what is there is used as it is, by a replaced host too', () => {
    host.run('parameters');
    const before = secrets.map(stored);
    host.forgetCalls();
    expect(host.run('parameters').summary).toBe('9 read');
    expect(secrets.map(stored)).toEqual(before);
    expect(writes()).toEqual([]);
  });

  test('an error of Systems Manager never makes a new password', () => {
    host.replace(
      'aws',
      'case $* in *put-parameter*) ;; *) echo "An error occurred (ThrottlingException)" >&2; exit 254 ;; esac',
    );
    expect(host.run('parameters')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(/does not give the parameters .*ThrottlingException/),
    });
    expect(writes()).toEqual([]);
  });

  test('an answer that was cut off never makes a new password', () => {
    host.replace('aws', 'printf \'{"Parameters": [{"Name": "/searchgate/certificates/ca"\'');
    expect(host.run('parameters').code).toBe(1);
    expect(writes()).toEqual([]);
  });

  test('a password that another host made in the same moment is taken over, not overwritten', () => {
    const real = host.read('programs/aws');
    host.write(
      'programs/aws',
      real.replace(
        'exec python3',
        'case $* in *put-parameter*) mkdir -p "$root/parameters/secrets"; printf theirs > "$root/parameters/secrets/elastic-password" ;; esac\nexec python3',
      ),
      0o755,
    );
    const { code, summary } = host.run('parameters');
    expect(code).toBe(0);
    expect(summary).not.toContain('elastic-password');
    expect(stored('elastic-password')).toBe('theirs');
    expect(host.read('run/searchgate/parameters/secrets/elastic-password')).toBe('theirs\n');
  });

  test('a secret that may not be written is told, and made by the next try', () => {
    const real = host.read('programs/aws');
    const denied = 'case $* in *put-parameter*) echo "An error occurred (AccessDeniedException)" >&2; exit 254 ;; esac';
    host.write('programs/aws', real.replace('exec python3', `${denied}\nexec python3`), 0o755);
    expect(host.run('parameters')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(/secrets\/elastic-password could not be written/),
    });
    host.write('programs/aws', real, 0o755);
    expect(host.run('parameters').code).toBe(0);
  });

  test('certificates that were not deployed are named', () => {
    const { 'certificates/ca': _, ...rest } = deployedParameters;
    const other = new TrialHost();
    standInForParameters(other, rest);
    expect(other.run('parameters')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(/^\/searchgate\/certificates\/ca is missing: deploy the certificates stack/),
    });
    other.remove();
  });

  test('no secret is an argument of a program or in the output', () => {
    const { output } = host.run('parameters');
    for (const value of [...secrets.map(stored), ...secrets.flatMap((name) => stored(name).split(' '))]) {
      expect(host.calls.join('\n')).not.toContain(value);
      expect(output).not.toContain(value);
    }
    expect(host.has('run/searchgate/put.json')).toBe(false);
  });
});
