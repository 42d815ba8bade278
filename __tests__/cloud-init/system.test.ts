import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { carriedFiles, TrialHost } from './trial-host';

describe('the operating system', () => {
  let host: TrialHost;
  afterEach(() => host.remove());
  const timer = 'etc/systemd/system/searchgate-updates.timer.d/when.conf';

  test('gets its security updates at the time that the settings say', () => {
    host = new TrialHost(undefined, { UPDATES_AT: 'Sat *-*-* 03:30' });
    expect(host.run('system')).toMatchObject({ code: 0, summary: 'no SSH, security updates at Sat *-*-* 03:30 UTC' });
    expect(host.read(timer)).toBe('[Timer]\nOnCalendar=Sat *-*-* 03:30\n');
    expect(host.calls).toContain('systemctl --quiet enable --now searchgate-updates.timer');
  });

  test.each([
    ['node-1', 'Sat *-*-* 03:30', 'Sat *-*-* 04:00'],
    ['node-2', 'Sat *-*-* 08:09', 'Sat *-*-* 09:09'],
    ['node-2', 'Sat *-*-* 23:30', 'Sat *-*-* 00:30'],
    ['node-1', 'weekly', 'weekly'],
  ])('gets them half an hour after the node before, so that no two restart at once: %s', (NODE, UPDATES_AT, when) => {
    host = new TrialHost(undefined, { NODE, UPDATES_AT });
    expect(host.run('system')).toMatchObject({ code: 0, summary: `no SSH, security updates at ${when} UTC` });
    expect(host.read(timer)).toBe(`[Timer]\nOnCalendar=${when}\n`);
  });

  test('gets none where the settings say so', () => {
    host = new TrialHost(undefined, { UPDATES_AT: '' });
    expect(host.run('system')).toMatchObject({ code: 0, summary: 'no SSH, security updates at no time UTC' });
    expect(host.calls).toContain('systemctl --quiet disable --now searchgate-updates.timer');
  });

  test('lets nobody in by SSH', () => {
    host = new TrialHost();
    host.replace('systemctl', 'case $* in *sshd*) echo "Unit sshd.service not loaded." >&2; exit 5 ;; esac');
    expect(host.run('system').code).toBe(0);
    expect(host.calls).toContain('systemctl --quiet mask --now sshd.service sshd.socket');
  });

  describe('when it is updated', () => {
    const updated = (upSeconds: number, packages = 1) => {
      host = new TrialHost();
      host.write('proc/uptime', `${upSeconds}.55 100.00\n`);
      host.replace('rpm', 'echo bash-5.1; [ ! -e "$root/updated" ] || cat "$root/updated"');
      host.replace('dnf', `for n in $(seq ${packages}); do echo "kernel-6.$n" >> "$root/updated"; done`);
      const { code, output } = host.run('updates');
      return { code, output, reboots: host.calls.filter((call) => call === 'systemctl reboot').length };
    };

    test('takes security updates of the newest release, and never Elasticsearch or Kibana', () => {
      expect(updated(600)).toMatchObject({ code: 0, output: 'security updates: 1 packages\n' });
      const [call = ''] = host.calls.filter((each) => each.startsWith('dnf'));
      expect(call).toMatch(/ upgrade --security --releasever=latest .*--exclude=elasticsearch,kibana$/);
    });

    test('a host that never sleeps is rebooted for them, one that does is not, and neither where there were none', () => {
      expect(updated(90_000).reboots).toBe(1);
      host.remove();
      expect(updated(80_000).reboots).toBe(0);
      host.remove();
      expect(updated(90_000, 0).reboots).toBe(0);
    });
  });
});

describe('a service that ends', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = new TrialHost();
    host.replace('logger', '');
  });
  afterEach(() => host.remove());
  const told = (result: string, status: string) => {
    host.forgetCalls();
    host.run('ended kibana', { SERVICE_RESULT: result, EXIT_STATUS: status });
    return host.calls.join();
  };

  test('by order is no news', () => {
    expect(told('success', '143')).toBe('');
  });

  test('by mishap is told in a line that says what to do', () => {
    expect(told('oom-kill', 'KILL')).toMatch(/ENDED: .* \(oom-kill, KILL\) .* lack of memory, choose a larger/);
    expect(told('exit-code', '1')).toMatch(/ENDED: .* \(exit-code, 1\) .*: see journalctl -u kibana;/);
  });

  test.each(['elasticsearch', 'kibana'])('%s is watched, and what it may do is bounded', (unit) => {
    const text = readFileSync(join(carriedFiles, `etc/systemd/system/${unit}.service.d/searchgate.conf`), 'utf8');
    expect(text).toContain('ExecStopPost=+/usr/local/lib/searchgate/ended %N\n');
    for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'PrivateDevices=yes', 'CapabilityBoundingSet='])
      expect(text).toContain(`\n${line}\n`);
  });
});
