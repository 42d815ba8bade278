import { type Decision, decide, type Facts, type Host, type Occasion, type Policy, type Use } from './decision';
import { ranThisMonth, withRunningTime } from './running-hours';
import { formatDocument, type StartFailure, type StateDocument } from './state-document';

/** The account as the power function sees it. */
export interface Account {
  /** The deployment's machines, terminated ones for as long as EC2 remembers them. */
  hosts(): Promise<Host[]>;
  /** The document and the version that a write has to name; no version where there is none yet. */
  read(): Promise<{ document: StateDocument; version: string | undefined }>;
  /** Writes it unless somebody else has since `version`. @returns the new version, undefined where it has */
  write(document: StateDocument, version: string | undefined): Promise<string | undefined>;
  /** @returns why it failed, undefined where it did not */
  start(instanceIds: readonly string[]): Promise<FailedStart | undefined>;
  stop(instanceIds: readonly string[]): Promise<void>;
  /** When and whether the hosts are needed, from `since` on. */
  use(since: number, nodes: readonly string[]): Promise<Use>;
}

/** A start that failed, with EC2's code for operators. */
export interface FailedStart extends StartFailure {
  readonly code: string;
}

/** Time, as a test may bend it. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export type Log = (level: 'INFO' | 'WARN' | 'ERROR', event: string, fields?: Record<string, unknown>) => void;

/** How often an invocation begins anew when another one was faster. */
export const mostConflicts = 5;
/** How often it looks again at hosts that are stopping, and how long it waits each time. */
export const mostLooks = 20;
export const betweenLooks = 5_000;

/**
 * Carries out what an occasion calls for, and answers with the document as it then is.
 *
 * Calls of AWS for one occasion, without conflicts: one to describe, one to read; where something changes one or two to write
 * and one to start or stop; at a check of hosts that run, the look at their use. A conflict costs describe, read and write
 * again, at most {@link mostConflicts} times.
 *
 * @throws what the account throws: nothing is done half but what the next occasion sets right
 */
export async function carryOut(
  occasion: Occasion,
  account: Account,
  policy: Policy,
  log: Log,
  clock: Clock = realClock,
): Promise<StateDocument> {
  let looks = 0;
  for (let conflicts = 0; conflicts <= mostConflicts; ) {
    const now = clock.now();
    const [{ document, version }, hosts] = await Promise.all([account.read(), account.hosts()]);
    const facts = { now, hosts, document, waited: looks > 0 };
    const what = await decided(occasion, facts, account, policy);
    const counted = withRunningTime(document, what.document, hosts, now, policy.runningPerMonth);
    const decision = { ...what, document: counted };
    const written = changed(document, decision.document, version)
      ? await account.write(decision.document, version)
      : version;
    if (written === undefined) {
      conflicts += 1;
      await clock.sleep(50 * conflicts);
      continue;
    }
    report(document, decision, log);
    if (counted.running?.told && !(document.running?.told && document.running.month === counted.running.month)) {
      const hours = Math.round(ranThisMonth(counted, now) / 360_000) / 10;
      log('WARN', 'running_hours_exceeded', { month: counted.running.month, hours });
    }
    const outcome = await act(decision, written, account, log);
    if (!decision.again || looks === mostLooks) return outcome;
    looks += 1;
    await clock.sleep(betweenLooks);
  }
  log('INFO', 'left_to_others', { occasion: occasion.kind });
  return (await account.read()).document;
}

async function decided(occasion: Occasion, facts: Facts, account: Account, policy: Policy): Promise<Decision> {
  const first = decide(occasion, facts, policy);
  if (first !== 'look') return first;
  const nodes = facts.hosts.map(({ node }) => node);
  const use = await account.use(facts.now - policy.idle, nodes);
  const second = decide(occasion, { ...facts, use }, policy);
  if (second === 'look') throw new Error('a look at the use did not settle it');
  return second;
}

async function act(
  { document, action }: Decision,
  version: string,
  account: Account,
  log: Log,
): Promise<StateDocument> {
  if (action?.kind === 'stop') {
    await account.stop(action.instanceIds);
    log('INFO', 'stopping', { instance_ids: action.instanceIds });
  }
  if (action?.kind !== 'start') return document;
  const failed = await account.start(action.instanceIds);
  if (failed === undefined) {
    log('INFO', 'starting', { instance_ids: action.instanceIds });
    return document;
  }
  const { code, ...failure } = failed;
  log('ERROR', 'start_failed', { ...failure, code, instance_ids: action.instanceIds });
  const after: StateDocument = { ...document, state: 'failed', failure };
  await account.write(after, version);
  return after;
}

function report(before: StateDocument, { document }: Decision, log: Log): void {
  if (document.state === before.state) return;
  if (document.state === 'gone') log('ERROR', 'hosts_gone', { reason: 'no instance carries the tags of a host' });
  if (document.state === 'limited') log('ERROR', 'wake_limit_reached', { wakes: document.wakes.count });
}

function changed(before: StateDocument, after: StateDocument, version: string | undefined): boolean {
  return version === undefined || formatDocument(before) !== formatDocument(after);
}

const realClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
