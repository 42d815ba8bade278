import { describeWith } from '../requirements';
import { standInForParameters } from './parameter-stand-in';
import { TrialHost } from './trial-host';

const phases = ['system', 'volume', 'packages', 'parameters', 'configuration', 'credentials', 'services', 'password'];

describeWith(['python'], 'setup', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = new TrialHost();
    standInForParameters(host, {});
    host.replace('curl', 'echo "Date: $(date --utc)"');
    host.replace('df', 'echo 1000');
    for (const phase of phases) {
      const script = `. "$SEARCHGATE_ROOT/usr/local/lib/searchgate/phase.sh"\nmkdir -p "$parameters"\nsummary "${phase} is done"`;
      host.replaceAt(`usr/local/lib/searchgate/${phase}`, script);
    }
  });
  afterEach(() => host.remove());
  const lines = (output: string) => output.trim().split('\n');
  const status = () => JSON.parse(host.read('var/lib/searchgate/status.json'));

  test('runs the phases in order, a timed line for each, and tells the outcome in one', () => {
    const { code, output } = host.run('setup');
    expect(code).toBe(0);
    expect(lines(output).map((line) => line.replace(/ +\d+ s/, ' N s'))).toEqual([
      ...phases.map((phase) => `${phase} N s  ${phase} is done`),
      'READY: node-0 after N s: services is done',
    ]);
  });

  test('the outcome is a file on the host and a parameter for operators', () => {
    host.run('setup');
    expect(status()).toMatchObject({ outcome: 'ready', text: 'services is done', phase: null });
    expect(Object.keys(status().seconds)).toEqual(phases);
    expect(JSON.parse(host.read('parameters/hosts/node-0/status'))).toEqual(status());
  });

  test('a refusal stops there, says why in one line, and is not tried again by the unit', () => {
    host.write(
      'usr/local/lib/searchgate/volume',
      '. "$SEARCHGATE_ROOT/usr/local/lib/searchgate/phase.sh"\nrefuse \'it holds "foreign" data\'\n',
    );
    const { code, output } = host.run('setup');
    expect(code).toBe(3);
    expect(lines(output).slice(1)).toEqual(['FAILED: node-0 in phase volume: it holds "foreign" data']);
    expect(status()).toMatchObject({ outcome: 'failed', phase: 'volume', text: 'it holds "foreign" data' });
    expect(host.read('etc/systemd/system/searchgate-setup.service')).toMatch(/^RestartPreventExitStatus=3$/m);
  });

  test('what nobody foresaw names the command as it is written, without the values in it', () => {
    host.write(
      'usr/local/lib/searchgate/packages',
      '. "$SEARCHGATE_ROOT/usr/local/lib/searchgate/phase.sh"\npassword=hidden\ngrep "$password" /dev/null\n',
    );
    const { code, output } = host.run('setup');
    expect(code).toBe(1);
    expect(output).toMatch(
      /FAILED: node-0 in phase packages: packages, line 3: "grep "\$password" \/dev\/null" ended with status 1/,
    );
    expect(output).not.toContain('hidden');
  });

  test('a phase that is killed fails the boot', () => {
    host.write('usr/local/lib/searchgate/parameters', 'kill -9 $$\n');
    const { code, output } = host.run('setup');
    expect(code).toBe(137);
    expect(output).toMatch(/FAILED: node-0 in phase parameters: ended with status 137/);
  });

  test('a host that cannot reach Systems Manager still tells its console', () => {
    host.replace('aws', 'exit 255');
    const { code, output } = host.run('setup');
    expect(code).toBe(0);
    expect(output).toMatch(/could not be written to \/searchgate\/hosts\/node-0\/status\nREADY: /);
  });

  test('no secret stays in memory after setup, however it ended', () => {
    host.run('setup');
    expect(host.has('run/searchgate/parameters')).toBe(false);
    host.write('usr/local/lib/searchgate/services', 'exit 1\n');
    host.run('setup');
    expect(host.has('run/searchgate/parameters')).toBe(false);
  });

  test('a phase that fails without a word is not given the reason that an earlier one had noted and got over', () => {
    host.write(
      'usr/local/lib/searchgate/configuration',
      'echo "an earlier reason" > "$SEARCHGATE_ROOT/run/searchgate/reason"\n',
    );
    host.write('usr/local/lib/searchgate/credentials', 'exit 1\n');
    expect(lines(host.run('setup').output).find((line) => line.startsWith('FAILED'))).toBe(
      'FAILED: node-0 in phase credentials: ended with status 1',
    );
  });

  describe('says first what may stand behind a failure in any phase', () => {
    const failed = () => {
      host.write(
        'usr/local/lib/searchgate/credentials',
        '. "$SEARCHGATE_ROOT/usr/local/lib/searchgate/phase.sh"\nfail \'it went wrong\'\n',
      );
      return lines(host.run('setup').output).find((line) => line.startsWith('FAILED'));
    };

    test('nothing where nothing does', () => {
      expect(failed()).toBe('FAILED: node-0 in phase credentials: it went wrong');
      host.replace('curl', 'exit 7');
      expect(failed()).toBe('FAILED: node-0 in phase credentials: it went wrong');
    });

    test('a full disk, by its place, and the outcome is told all the same', () => {
      host.replace('df', 'echo "Avail Mounted on"; echo "    8 /"; echo "    7 /srv/searchgate"');
      host.replace('cp', 'echo "No space left on device" >&2; exit 1');
      expect(failed()).toBe(
        'FAILED: node-0 in phase credentials: no space left on /srv/searchgate: delete something there, or raise host.rootVolume or host.dataVolume: it went wrong',
      );
      expect(host.read('parameters/hosts/node-0/status')).toContain('no space left on /srv/searchgate');
    });

    test('a full root disk once, though the volume is not mounted and its folder lies there too', () => {
      host.replace('df', 'echo "Avail Mounted on"; echo "    0 /"; echo "    0 /"; exit 1');
      expect(failed()).toMatch(/^FAILED: node-0 in phase credentials: no space left on \/: [^:]*: it went wrong$/);
    });

    test.each([
      [-86_400, 864],
      [+86_400, -864],
    ])('a clock that is wrong by %i s', (seconds, hundreds) => {
      host.replace('curl', `echo "date: $(date --utc --date=@$(($(date +%s) + ${seconds})))"`);
      expect(failed()).toMatch(
        new RegExp(`: the clock is wrong by ${hundreds}\\d\\d s, see chronyc tracking: it went wrong$`),
      );
    });
  });
});
