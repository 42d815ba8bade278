import type { Host, Use } from '../../../lambda-src/power/decision';
import type { Account, Clock, FailedStart } from '../../../lambda-src/power/power';
import {
  formatDocument,
  parseDocument,
  type StateDocument,
  unknownState,
} from '../../../lambda-src/power/state-document';

/** How long a simulated machine takes, in milliseconds. */
const startTakes = 20_000;
const stopTakes = 45_000;

/** A machine that takes its time to start and stop. */
class SimulatedMachine {
  private until = Number.POSITIVE_INFINITY;

  constructor(
    private readonly account: { readonly time: number },
    readonly node: string,
    private last: Host['state'],
    public launched: number,
  ) {}

  get state(): Host['state'] {
    if (this.account.time >= this.until) {
      if (this.last === 'pending') this.last = 'running';
      if (this.last === 'stopping') this.last = 'stopped';
      this.until = Number.POSITIVE_INFINITY;
    }
    return this.last;
  }

  start(): void {
    if (this.state !== 'stopped') return;
    this.last = 'pending';
    this.launched = this.account.time;
    this.until = this.account.time + startTakes;
  }

  stop(): void {
    if (this.state !== 'running' && this.state !== 'pending') return;
    this.last = 'stopping';
    this.until = this.account.time + stopTakes;
  }

  terminate(): void {
    this.last = 'terminated';
    this.until = Number.POSITIVE_INFINITY;
  }
}

/**
 * One account in memory, with one host or several: instances that take their time to start and stop, an object store with conditional
 * writes, a log of use. Every call is counted.
 */
export class SimulatedAccount implements Account {
  time = Date.parse('2026-03-02T08:00:00Z');
  readonly calls: Record<'hosts' | 'read' | 'write' | 'start' | 'stop' | 'use', number> = {
    hosts: 0,
    read: 0,
    write: 0,
    start: 0,
    stop: 0,
    use: 0,
  };
  uses: number[] = [];
  busyUntil: number | undefined;
  /** What EC2 answers to the next starts. */
  failStarts: FailedStart | undefined;
  /** Nodes in the order in which the function stopped them, those of one call together. */
  readonly stopped: string[][] = [];
  private readonly machines: readonly SimulatedMachine[];
  private object: { text: string; version: number } | undefined;

  constructor(state: Host['state'] = 'stopped', nodes = 1) {
    const launched = this.time - 24 * 3_600_000;
    this.machines = Array.from(
      { length: nodes },
      (_, node) => new SimulatedMachine(this, `node-${node}`, state, launched),
    );
  }

  /** What each machine does at this moment, each state once: `running`, or `stopped, running`. */
  get machine(): string {
    return [...new Set(this.machines.map(({ state }) => state))].join(', ');
  }

  get document(): StateDocument {
    return parseDocument(this.object?.text ?? '', this.time);
  }

  get startedAt(): number {
    return Math.max(...this.machines.map(({ launched }) => launched));
  }

  /** Somebody starts the machines by hand, or the function does. */
  startMachine(): void {
    for (const machine of this.machines) machine.start();
  }

  stopMachine(): void {
    for (const machine of this.machines) machine.stop();
  }

  terminateMachine(): void {
    for (const machine of this.machines) machine.terminate();
  }

  readonly clock: Clock = {
    now: () => this.time,
    sleep: async (milliseconds) => {
      this.time += milliseconds;
    },
  };

  async hosts(): Promise<Host[]> {
    this.calls.hosts += 1;
    await turn();
    return this.machines.map(({ node, state, launched }) => ({ instanceId: `i-${node}`, node, state, launched }));
  }

  async read(): Promise<{ document: StateDocument; version: string | undefined }> {
    this.calls.read += 1;
    await turn();
    if (this.object === undefined) return { document: unknownState(this.time), version: undefined };
    return { document: this.document, version: String(this.object.version) };
  }

  async write(document: StateDocument, version: string | undefined): Promise<string | undefined> {
    this.calls.write += 1;
    await turn();
    if (version !== (this.object && String(this.object.version))) return undefined;
    this.object = { text: formatDocument(document), version: (this.object?.version ?? 0) + 1 };
    return String(this.object.version);
  }

  async start(ids: readonly string[]): Promise<FailedStart | undefined> {
    this.calls.start += 1;
    await turn();
    if (this.failStarts !== undefined) return this.failStarts;
    for (const machine of this.named(ids)) machine.start();
    return undefined;
  }

  async stop(ids: readonly string[]): Promise<void> {
    this.calls.stop += 1;
    await turn();
    this.stopped.push(this.named(ids).map(({ node }) => node));
    for (const machine of this.named(ids)) machine.stop();
  }

  async use(since: number): Promise<Use> {
    this.calls.use += 1;
    await turn();
    const seen = this.uses.filter((time) => time >= since);
    return { lastUse: seen.length === 0 ? undefined : Math.max(...seen), busyUntil: this.busyUntil };
  }

  private named(ids: readonly string[]): SimulatedMachine[] {
    return this.machines.filter(({ node }) => ids.includes(`i-${node}`));
  }
}

/** Lets others go first, as a call over a network does. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
