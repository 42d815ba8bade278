import { describeStatus, troubles } from '../../host-status/describe';
import type { HostStatus, Instance, Report } from '../../host-status/look';

const now = Date.parse('2026-03-05T08:00:00Z');
const launched = '2026-03-01T08:00:00.000Z';
const ready = { outcome: 'ready', at: '2026-03-01T08:02:00Z', text: 'Elasticsearch 9.5.3 is green' };

function host(report: Partial<Report> | null, instance: Partial<Instance> = {}): HostStatus {
  return {
    nodes: [
      {
        node: 'node-0',
        instance: { id: 'i-1', type: 't4g.medium', state: 'running', launched, ...instance },
        report: report && { setup: ready, health: null, busyUntil: null, ...report },
      },
    ],
    door: null,
    unseen: [],
  };
}
const reported = (at: string, trouble: string[] = []) => ({ health: { at, trouble } });

describe('what somebody has to look after', () => {
  test('is nothing on a host that reported some minutes ago', () => {
    expect(troubles(host(reported('2026-03-05T07:41:00Z')), now)).toEqual([]);
  });

  test('is a host that runs and has not reported for longer than a few times its timer takes', () => {
    const silent = host(reported('2026-03-02T08:00:00Z'));
    expect(troubles(silent, now)).toEqual([
      expect.stringMatching(/^node-0: it runs and has not reported for 3 days: /),
    ]);
    expect(describeStatus(silent, now)).toMatch(/^trouble +1$/m);
    expect(troubles(host(reported('2026-03-05T07:39:00Z')), now)).toHaveLength(1);
    expect(troubles(host({}), now)).toEqual([expect.stringMatching(/^node-0: it runs and has never reported: /)]);
  });

  test('is no host that sleeps, was just started, or whose reports could not be read', () => {
    const old = reported('2026-03-02T08:00:00Z');
    expect(troubles(host(old, { state: 'stopped' }), now)).toEqual([]);
    expect(troubles(host(old, { launched: '2026-03-05T07:45:00.000Z' }), now)).toEqual([]);
    expect(troubles(host({}, { launched: '2026-03-05T07:45:00.000Z' }), now)).toEqual([]);
    expect(troubles(host(null), now)).toEqual([]);
  });

  test('is a setup that failed after the last report, which does not know it yet', () => {
    const setup = { outcome: 'failed', at: '2026-03-05T07:58:00Z', text: 'the disk is full' };
    expect(troubles(host({ ...reported('2026-03-05T07:56:00Z'), setup }), now)).toEqual([
      'node-0: setup failed at 2026-03-05T07:58:00Z: the disk is full',
    ]);
    const told = reported('2026-03-05T07:59:00Z', ['setup failed: see journalctl -u searchgate-setup']);
    expect(troubles(host({ ...told, setup }), now)).toEqual([
      'node-0: setup failed: see journalctl -u searchgate-setup',
    ]);
  });
});
