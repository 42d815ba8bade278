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

/**
 * One account with one host in memory: an instance that takes its time to start and stop, an object store with conditional
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
  private state: Host['state'];
  private until = Number.POSITIVE_INFINITY;
  private launched: number;
  private object: { text: string; version: number } | undefined;

  constructor(state: Host['state'] = 'stopped') {
    this.state = state;
    this.launched = this.time - 24 * 3_600_000;
  }

  /** What the machine does at this moment. */
  get machine(): Host['state'] {
    if (this.time >= this.until) {
      if (this.state === 'pending') this.state = 'running';
      if (this.state === 'stopping') this.state = 'stopped';
      this.until = Number.POSITIVE_INFINITY;
    }
    return this.state;
  }

  get document(): StateDocument {
    return parseDocument(this.object?.text ?? '', this.time);
  }

  get startedAt(): number {
    return this.launched;
  }

  /** Somebody starts the machine by hand, or the function does. */
  startMachine(): void {
    if (this.machine !== 'stopped') return;
    this.state = 'pending';
    this.launched = this.time;
    this.until = this.time + startTakes;
  }

  stopMachine(): void {
    if (this.machine !== 'running' && this.machine !== 'pending') return;
    this.state = 'stopping';
    this.until = this.time + stopTakes;
  }

  terminateMachine(): void {
    this.state = 'terminated';
    this.until = Number.POSITIVE_INFINITY;
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
    return [{ instanceId: 'i-1', node: 'node-0', state: this.machine, launched: this.launched }];
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

  async start(): Promise<FailedStart | undefined> {
    this.calls.start += 1;
    await turn();
    if (this.failStarts !== undefined) return this.failStarts;
    this.startMachine();
    return undefined;
  }

  async stop(): Promise<void> {
    this.calls.stop += 1;
    await turn();
    this.stopMachine();
  }

  async use(since: number): Promise<Use> {
    this.calls.use += 1;
    await turn();
    const seen = this.uses.filter((time) => time >= since);
    return { lastUse: seen.length === 0 ? undefined : Math.max(...seen), busyUntil: this.busyUntil };
  }
}

/** Lets others go first, as a call over a network does. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
