import type { Occasion, Policy } from '../../../lambda-src/power/decision';
import { carryOut } from '../../../lambda-src/power/power';
import { ranThisMonth } from '../../../lambda-src/power/running-hours';
import { SimulatedAccount } from './simulated-account';

const minute = 60_000;
const policy: Policy = { idleStop: true, idle: 30 * minute, grace: 20 * minute, wakesPerDay: 5 };

function deployment(state: 'stopped' | 'running' = 'stopped', change: Partial<Policy> = {}, nodes = 1) {
  const account = new SimulatedAccount(state, nodes);
  const lines: [string, string][] = [];
  const on = (occasion: Occasion) =>
    carryOut(occasion, account, { ...policy, ...change }, (level, event) => lines.push([level, event]), account.clock);
  /** Time goes by, and the function looks every ten minutes. */
  const pass = async (minutes: number) => {
    for (let passed = 0; passed < minutes; passed += 10) {
      account.time += Math.min(10, minutes - passed) * minute;
      await on({ kind: 'check' });
    }
  };
  return { account, on, pass, lines };
}

describe('waking', () => {
  it('starts a sleeping host, and says so', async () => {
    const { account, on } = deployment();
    expect(await on({ kind: 'wake' })).toMatchObject({ state: 'waking', wakes: { count: 1 } });
    expect(account.machine).toBe('pending');
    expect(account.document.state).toBe('waking');
  });

  it('starts it once for a hundred requests at the same time', async () => {
    const { account, on } = deployment();
    await Promise.all(Array.from({ length: 100 }, () => on({ kind: 'wake' })));
    expect(account.calls.start).toBe(1);
    expect(account.document).toMatchObject({ state: 'waking', wakes: { count: 1 } });
  });

  it('leaves a host alone that runs or starts', async () => {
    const { account, on } = deployment('running');
    await on({ kind: 'wake' });
    expect(account.calls.start).toBe(0);
    expect(account.document.state).toBe('running');
  });

  it('waits for a host that is stopping, and starts it then', async () => {
    const { account, on } = deployment('running');
    account.stopMachine();
    await on({ kind: 'wake' });
    expect(account.calls.start).toBe(1);
    expect(account.machine).toBe('pending');
    expect(account.document).toMatchObject({ state: 'waking', wakes: { count: 1 } });
  });

  it('lets one invocation wait for a host that is stopping, not a hundred', async () => {
    const { account, on } = deployment('running');
    account.stopMachine();
    const before = { ...account.calls };
    await Promise.all(Array.from({ length: 100 }, () => on({ kind: 'wake' })));
    expect(account.calls.start).toBe(1);
    // each of the hundred describes a few times at most; a hundred that wait would describe ten times each
    expect(account.calls.hosts - before.hosts).toBeLessThan(500);
  });

  it('says that there is no host where it was terminated', async () => {
    const { account, on, lines } = deployment();
    account.terminateMachine();
    expect(await on({ kind: 'wake' })).toMatchObject({ state: 'gone' });
    expect(lines).toContainEqual(['ERROR', 'hosts_gone']);
  });

  it('stops waking at the limit of a day, tells the operator once, and wakes again the next day', async () => {
    const { account, on, lines } = deployment();
    for (let wakes = 0; wakes < 7; wakes++) {
      await on({ kind: 'wake' });
      account.time += 5 * minute;
      account.stopMachine();
      account.time += 5 * minute;
    }
    expect(account.calls.start).toBe(5);
    expect(account.document.state).toBe('limited');
    expect(lines.filter(([, event]) => event === 'wake_limit_reached')).toHaveLength(1);
    await on({ kind: 'start' });
    expect(account.calls.start).toBe(6);
    account.time += 5 * minute;
    account.stopMachine();
    account.time += 24 * 60 * minute;
    expect(await on({ kind: 'wake' })).toMatchObject({ state: 'waking', wakes: { count: 1 } });
  });

  it('publishes why a start failed, tells the operator, and tries again a little later', async () => {
    const { account, on, lines } = deployment();
    account.failStarts = { type: 'capacity', reason: 'none free', code: 'InsufficientInstanceCapacity' };
    expect(await on({ kind: 'wake' })).toMatchObject({ state: 'failed', failure: { type: 'capacity' } });
    expect(account.document).toMatchObject({ state: 'failed', failure: { type: 'capacity', reason: 'none free' } });
    expect(account.document.failure).not.toHaveProperty('code');
    expect(lines).toContainEqual(['ERROR', 'start_failed']);
    await on({ kind: 'wake' });
    expect(account.calls.start).toBe(1);
    account.failStarts = undefined;
    account.time += minute;
    expect(await on({ kind: 'wake' })).toMatchObject({ state: 'waking' });
    expect(account.document.failure).toBeUndefined();
  });

  it('counts a start that fails again and again as one wake, so that it does not use up the day', async () => {
    const { account, on } = deployment();
    account.failStarts = { type: 'capacity', reason: 'none free', code: 'InsufficientInstanceCapacity' };
    for (let tries = 0; tries < 30; tries++) {
      await on({ kind: 'wake' });
      account.time += minute;
    }
    expect(account.calls.start).toBe(30);
    account.failStarts = undefined;
    expect(await on({ kind: 'wake' })).toMatchObject({ state: 'waking', wakes: { count: 1 } });
  });

  it('starts again where whoever claimed the start never carried it out', async () => {
    const { account, on } = deployment();
    jest.spyOn(account, 'start').mockRejectedValueOnce(new Error('the invocation ended'));
    await expect(on({ kind: 'wake' })).rejects.toThrow('the invocation ended');
    await on({ kind: 'wake' });
    expect(account.machine).toBe('stopped');
    account.time += 2 * minute;
    await on({ kind: 'wake' });
    expect(account.machine).toBe('pending');
  });
});

describe('falling asleep', () => {
  it('stops a host that nobody used for the idle time', async () => {
    const { account, on, pass } = deployment();
    await on({ kind: 'wake' });
    account.uses.push(account.time + 5 * minute);
    await pass(30);
    expect(account.machine).toBe('running');
    await pass(20);
    expect(account.calls.stop).toBe(1);
    expect(account.document.state).toMatch(/stopping|asleep/);
    await pass(10);
    expect(account.document.state).toBe('asleep');
  });

  it('stops a host that somebody started by hand, too', async () => {
    const { account, pass } = deployment();
    account.startMachine();
    await pass(60);
    expect(account.machine).toBe('stopped');
  });

  it('leaves it alone while it is used, starting, kept awake or busy', async () => {
    const { account, on, pass } = deployment('running');
    await pass(10);
    for (let passed = 0; passed < 120; passed += 10) {
      account.uses.push(account.time);
      await pass(10);
    }
    expect(account.calls.stop).toBe(0);
    await on({ kind: 'keep-awake', until: account.time + 65 * minute });
    await pass(60);
    expect(account.calls.stop).toBe(0);
    account.busyUntil = account.time + 65 * minute;
    await pass(60);
    expect(account.calls.stop).toBe(0);
    await pass(40);
    expect(account.calls.stop).toBe(1);
  });

  it('never within the grace time, however long ago somebody used it before', async () => {
    const { account, on, pass } = deployment();
    await on({ kind: 'start' });
    await pass(10);
    expect(account.calls.use).toBe(0);
    expect(account.calls.stop).toBe(0);
  });

  it('not at all where only people and schedules stop it', async () => {
    const { account, on, pass } = deployment('running', { idleStop: false });
    await pass(600);
    expect(account.calls.stop).toBe(0);
    await on({ kind: 'stop' });
    expect(account.calls.stop).toBe(1);
  });

  it('lets a scheduled stop wait for whoever is still at work', async () => {
    const { account, on, pass } = deployment('running', { idleStop: false });
    await pass(60);
    account.uses.push(account.time - minute);
    await on({ kind: 'stop' });
    expect(account.calls.stop).toBe(0);
    expect(account.document.stopPending).toBe(true);
    await pass(10);
    expect(account.calls.stop).toBe(1);
  });

  it('stops it later where the order to stop was lost', async () => {
    const { account, pass } = deployment('running');
    jest.spyOn(account, 'stop').mockRejectedValueOnce(new Error('the invocation ended'));
    await expect(pass(60)).rejects.toThrow('the invocation ended');
    expect(account.machine).toBe('running');
    await pass(60);
    expect(account.machine).toBe('stopped');
  });

  it('stops at once where a person insists', async () => {
    const { account, on, pass } = deployment('running');
    await pass(10);
    account.uses.push(account.time);
    await on({ kind: 'stop', now: true });
    expect(account.machine).toBe('stopping');
  });

  it('costs a sleeping host one read and one description a check, and no write', async () => {
    const { account, pass } = deployment();
    await pass(10);
    const before = { ...account.calls };
    await pass(60);
    expect(account.calls).toEqual({ ...before, hosts: before.hosts + 6, read: before.read + 6 });
  });
});

describe('several hosts', () => {
  const three = () => deployment('running', { idleStop: false }, 3);

  it('wake together', async () => {
    const { account, on } = deployment('stopped', {}, 3);
    await on({ kind: 'wake' });
    expect(account.calls.start).toBe(1);
    expect(account.machine).toBe('pending');
  });

  it('stop in order: the one that takes the snapshot, and the others once it is off', async () => {
    for (const stop of [{ kind: 'stop' }, { kind: 'stop', now: true }] as const) {
      const { account, on, pass } = three();
      await pass(60);
      expect(await on(stop)).toMatchObject({ state: 'stopping' });
      expect(account.stopped).toEqual([['node-0'], ['node-1', 'node-2']]);
      expect(account.document.stopRemaining).toBeUndefined();
      await pass(10);
      expect(account.machine).toBe('stopped');
      expect(account.document.state).toBe('asleep');
    }
  });

  it('wake where somebody asks while the first one stops, and the others never stop', async () => {
    const { account, on, pass } = three();
    await pass(60);
    account.clock.sleep = async (milliseconds) => {
      account.time += milliseconds;
      if (account.document.stopRemaining) await on({ kind: 'wake' });
    };
    await on({ kind: 'stop', now: true });
    expect(account.stopped).toEqual([['node-0']]);
    account.time += minute;
    expect(account.machine).toBe('running');
    await pass(10);
    expect(account.document.state).toBe('running');
  });

  it('all run again where the others were used, or were wanted awake, while the first one stopped', async () => {
    for (const meanwhile of ['a use', 'keep-awake', 'busy'] as const) {
      const { account, on, pass } = three();
      await pass(60);
      account.clock.sleep = async (milliseconds) => {
        account.time += milliseconds;
        if (meanwhile === 'a use') account.uses = [account.time];
        else if (meanwhile === 'busy') account.busyUntil = account.time + 60 * minute;
        else await on({ kind: 'keep-awake', until: account.time + 60 * minute });
      };
      await on({ kind: 'stop' });
      expect(account.stopped).toEqual([['node-0']]);
      account.time += minute;
      expect(account.machine).toBe('running');
    }
  });

  it('the others follow at the next look where the invocation that stopped the first one ended too early', async () => {
    const { account, on, pass } = three();
    await pass(60);
    const { sleep } = account.clock;
    account.clock.sleep = () => Promise.reject(new Error('the invocation ended'));
    await expect(on({ kind: 'stop', now: true })).rejects.toThrow('the invocation ended');
    account.clock.sleep = sleep;
    expect(account.document).toMatchObject({ state: 'stopping', stopRemaining: true });
    await pass(10);
    expect(account.stopped).toEqual([['node-0'], ['node-1', 'node-2']]);
  });

  it('one that a person stopped by hand takes no other along', async () => {
    const { account, pass } = three();
    await pass(60);
    await account.stop(['i-node-2']);
    await pass(60);
    expect(account.stopped).toEqual([['node-2']]);
    expect(account.machine).toBe('running, stopped');
  });
});

describe('the hours of a month', () => {
  const hour = 60 * minute;
  const ranHours = ({ account }: ReturnType<typeof deployment>) => ranThisMonth(account.document, account.time) / hour;

  it('are counted over starts and stops, from the start itself, whoever started it', async () => {
    const place = deployment();
    const { account, on, pass } = place;
    for (const byHand of [false, true]) {
      if (byHand) account.startMachine();
      else await on({ kind: 'wake' });
      const began = account.time;
      for (let hours = 0; hours < 3; hours++) {
        account.uses.push(account.time + 50 * minute);
        await pass(60);
      }
      expect(account.time - began).toBe(3 * hour);
      await on({ kind: 'stop', now: true });
      await pass(120);
    }
    expect(account.machine).toBe('stopped');
    expect(ranHours(place)).toBeCloseTo(6, 1);
  });

  it('begin anew with the month, also for a host that runs through', async () => {
    const place = deployment('running', { idleStop: false });
    const { account, pass } = place;
    account.time = Date.parse('2026-03-31T20:00:00Z');
    await pass(10);
    await pass(5 * 60);
    expect(ranHours(place)).toBeCloseTo(1 + 10 / 60, 5);
  });

  it('are told of once a month when they are more than agreed', async () => {
    const place = deployment('running', { idleStop: false, runningPerMonth: 10 * hour });
    const { account, pass, lines } = place;
    const told = () => lines.filter(([level, event]) => level === 'WARN' && event === 'running_hours_exceeded').length;
    account.time = Date.parse('2026-03-01T00:00:00Z');
    await pass(10 * 60);
    expect(told()).toBe(0);
    await pass(60);
    expect(told()).toBe(1);
    await pass(20 * 60);
    expect(told()).toBe(1);
    account.time = Date.parse('2026-04-01T00:00:00Z');
    await pass(11 * 60);
    expect(told()).toBe(2);
  });

  it('concern nobody where nothing is agreed', async () => {
    const { pass, lines } = deployment('running', { idleStop: false });
    await pass(24 * 60);
    expect(lines).toEqual([]);
  });
});
