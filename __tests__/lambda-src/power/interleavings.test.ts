import fc from 'fast-check';
import type { Occasion, Policy } from '../../../lambda-src/power/decision';
import { betweenLooks, carryOut, mostLooks } from '../../../lambda-src/power/power';
import { SimulatedAccount } from './simulated-account';

const minute = 60_000;
const policy: Policy = { idleStop: true, idle: 12 * minute, grace: 6 * minute, wakesPerDay: 1_000 };
/** A stop that was asked for waits for so long without use. */
const quiet = 10 * minute;

/** What ought to be true of the deployment, kept beside it. */
interface Expectation {
  keepAwakeUntil: number;
}

/** The deployment, watched: every stop is judged at the moment at which it is ordered. */
class Deployment {
  readonly account: SimulatedAccount;
  readonly faults: string[] = [];
  private readonly expected: Expectation = { keepAwakeUntil: 0 };

  constructor(nodes: number) {
    this.account = new SimulatedAccount('stopped', nodes);
    const stop = this.account.stop.bind(this.account);
    this.account.stop = async (ids) => {
      this.judgeStop();
      await stop(ids);
    };
  }

  async on(...occasions: Occasion[]): Promise<void> {
    const before = { ...this.account.calls };
    for (const occasion of occasions) {
      if (occasion.kind === 'keep-awake') this.expected.keepAwakeUntil = occasion.until ?? 0;
    }
    await Promise.all(
      occasions.map((occasion) => carryOut(occasion, this.account, policy, () => undefined, this.account.clock)),
    );
    if (occasions.length === 1) this.judgeCalls(before);
  }

  /** The most calls of one invocation that is alone: see carryOut. */
  private judgeCalls(before: SimulatedAccount['calls']): void {
    const { calls } = this.account;
    const looks = 1 + mostLooks;
    const most = { hosts: looks, read: looks, write: 4, start: 1, stop: 2, use: 2 };
    for (const [name, count] of Object.entries(most) as [keyof typeof most, number][]) {
      if (calls[name] - before[name] > count) this.faults.push(`${calls[name] - before[name]} calls of ${name}`);
    }
  }

  private judgeStop(): void {
    const { time, uses, startedAt, busyUntil } = this.account;
    if (uses.some((use) => time - use < quiet)) this.faults.push('stopped while somebody used it');
    if (time - startedAt < policy.grace) this.faults.push('stopped within the grace time');
    if ((busyUntil ?? 0) > time) this.faults.push('stopped while it was busy');
    if (this.expected.keepAwakeUntil > time) this.faults.push('stopped while it was kept awake');
  }
}

type Step = { name: string; run: (deployment: Deployment) => Promise<void> | void };

const step = (name: string, run: Step['run']): Step => ({ name, run });
const capacity = { type: 'capacity', reason: 'none free', code: 'InsufficientInstanceCapacity' } as const;

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(step('check', (d) => d.on({ kind: 'check' }))) },
  { weight: 4, arbitrary: fc.constant(step('wake', (d) => d.on({ kind: 'wake' }))) },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 2_400 }).map((seconds) =>
      step(`${seconds} s pass`, (d) => {
        d.account.time += seconds * 1_000;
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constant(
      step('somebody uses it', ({ account }) => {
        if (account.machine.includes('running')) account.uses.push(account.time);
      }),
    ),
  },
  fc.constant(
    step('much at once', (d) => d.on({ kind: 'wake' }, { kind: 'check' }, { kind: 'wake' }, { kind: 'start' })),
  ),
  fc.constant(step('scheduled start', (d) => d.on({ kind: 'start' }))),
  fc.constant(step('scheduled stop', (d) => d.on({ kind: 'stop' }))),
  fc.constant(step('started by hand', ({ account }) => account.startMachine())),
  fc.constant(step('stopped by hand', ({ account }) => account.stopMachine())),
  fc.boolean().map((fail) =>
    step(fail ? 'starts fail from now on' : 'starts succeed from now on', ({ account }) => {
      account.failStarts = fail ? capacity : undefined;
    }),
  ),
  fc
    .integer({ min: 0, max: 120 })
    .map((minutes) =>
      step(`kept awake ${minutes} min`, (d) =>
        d.on({ kind: 'keep-awake', until: minutes === 0 ? undefined : d.account.time + minutes * minute }),
      ),
    ),
  fc.integer({ min: 0, max: 120 }).map((minutes) =>
    step(`busy ${minutes} min`, ({ account }) => {
      account.busyUntil = account.time + minutes * minute;
    }),
  ),
);

const histories = fc.array(steps, { minLength: 1, maxLength: 40 });

async function live(history: Step[], nodes: number): Promise<Deployment> {
  const deployment = new Deployment(nodes);
  for (const { run } of history) await run(deployment);
  return deployment;
}

const shown = (history: Step[]) => history.map(({ name }) => name).join(', ');

describe.each([1, 3])('whatever happens to %d hosts, in whatever order', (nodes) => {
  it('is never stopped while it is used, busy, kept awake or just started, and makes no more calls than stated', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { faults } = await live(history, nodes);
        if (faults.length > 0) throw new Error(`${faults.join('; ')} after: ${shown(history)}`);
      }),
      { numRuns: 400 },
    );
  });

  it('wakes when somebody keeps asking, once starts succeed', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const deployment = await live(history, nodes);
        const { account } = deployment;
        account.failStarts = undefined;
        for (let seconds = 0; seconds < 300 && account.machine !== 'running'; seconds += 10) {
          await deployment.on({ kind: 'wake' });
          account.time += 10_000;
        }
        if (account.machine !== 'running') throw new Error(`still ${account.machine} after: ${shown(history)}`);
      }),
      { numRuns: 400 },
    );
  });

  it('falls asleep when nobody uses it any more, within the idle time and three checks', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const deployment = await live(history, nodes);
        const { account } = deployment;
        account.busyUntil = undefined;
        await deployment.on({ kind: 'keep-awake', until: undefined });
        for (let passed = 0; passed < 70; passed += 10) {
          account.time += 10 * minute;
          await deployment.on({ kind: 'check' });
        }
        account.time += minute;
        if (account.machine !== 'stopped') throw new Error(`still ${account.machine} after: ${shown(history)}`);
      }),
      { numRuns: 400 },
    );
  });

  it('waits for a stop no longer than the function may run', () => {
    expect(mostLooks * betweenLooks).toBeLessThanOrEqual(120_000);
  });
});
