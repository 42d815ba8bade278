import { dayOf, type StateDocument } from './state-document';

/** Why the power function looks at the hosts. */
export type Occasion =
  /** A request that may wake found no host. */
  | { readonly kind: 'wake' }
  /** It looks by itself, every ten minutes. */
  | { readonly kind: 'check' }
  /** A schedule or a person wants them to run; no limit counts it. */
  | { readonly kind: 'start' }
  /** A schedule or a person wants them to stop as soon as nobody uses them; `now` whatever they do. */
  | { readonly kind: 'stop'; readonly now?: boolean }
  /** A person wants them not to be stopped until then; undefined takes that back. */
  | { readonly kind: 'keep-awake'; readonly until: number | undefined }
  /** A person asks. */
  | { readonly kind: 'status' };

/** A machine, as EC2 describes it. */
export interface Host {
  readonly instanceId: string;
  readonly node: string;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  /** When it was launched or last started. */
  readonly launched: number;
}

/** What shows whether the hosts are needed. */
export interface Use {
  /** When a request was last answered, of those inside the idle time. */
  readonly lastUse: number | undefined;
  /** Until when a host says that it is busy. */
  readonly busyUntil: number | undefined;
}

export interface Facts {
  readonly now: number;
  readonly hosts: readonly Host[];
  readonly document: StateDocument;
  /** Looked up only where a decision needs it. */
  readonly use?: Use;
  /** Whether this invocation has waited for hosts that are stopping: others leave that to it. */
  readonly waited?: boolean;
}

/** How a deployment wants its hosts to sleep. Times in milliseconds. */
export interface Policy {
  /** Whether hosts that nobody uses are stopped. */
  readonly idleStop: boolean;
  /** Hosts that nobody used for so long are idle. */
  readonly idle: number;
  /** So long after a start hosts are left alone. */
  readonly grace: number;
  readonly wakesPerDay: number;
  /** Somebody is told when hosts have run longer in a month. @default nobody is */
  readonly runningPerMonth?: number;
}

/** What to do. The document is written first, so that of many invocations at once one acts. */
export interface Decision {
  readonly document: StateDocument;
  readonly action?: { readonly kind: 'start' | 'stop'; readonly instanceIds: readonly string[] };
  /** Hosts are stopping that shall run, or that others are to follow: look again soon. */
  readonly again?: boolean;
}

/** The node that takes a cluster's snapshots: `snapshots` of cloud-init/files runs there. */
const takesSnapshots = 'node-0';
/** A stop that was asked for waits until nobody has used the hosts for so long. */
const quietBeforeStop = 10 * 60_000;
/** Who has claimed a start is left so much time to carry it out. */
const claim = 60_000;
/** Who waits for hosts that are stopping is left so much time. */
const waiting = 120_000;
/** After a start that failed nobody tries again for so long. */
const pauseAfterFailure = 30_000;

/** What to do on an occasion; `look` where it takes a look at the hosts' use to decide. */
export function decide(occasion: Occasion, facts: Facts, policy: Policy): Decision | 'look' {
  const observed = { ...facts, document: observe(facts) };
  switch (occasion.kind) {
    case 'wake':
      return wake(observed, policy);
    case 'start':
      return start({ ...observed, document: { ...observed.document, stopPending: undefined } });
    case 'stop':
      if (observed.document.stopRemaining) return stopRemaining(observed, occasion.now === true);
      // It has done its part: whatever is otherwise now, somebody else wanted.
      if (facts.waited) return { document: observed.document };
      return occasion.now === true
        ? stop(observed)
        : rest({ ...observed, document: asked(observed, { stopPending: true }) }, policy);
    case 'keep-awake':
      return { document: { ...observed.document, keepAwakeUntil: occasion.until } };
    case 'check':
      if (observed.document.startPending && some(facts.hosts, 'stopped')) return start(observed);
      if (observed.document.stopRemaining) return stopRemaining(observed, false);
      return rest(observed, policy);
    case 'status':
      return { document: observed.document };
  }
}

/** The document set right by what EC2 says: people start and stop hosts too. */
function observe({ now, hosts, document }: Facts): StateDocument {
  const living = hosts.filter(lives);
  const become = (state: StateDocument['state'], change: Partial<StateDocument> = {}): StateDocument =>
    document.state === state
      ? { ...document, ...change }
      : { ...document, state, since: now, failure: undefined, ...change };
  const settled = { startPending: undefined, stopRemaining: undefined };
  if (living.length === 0) return become('gone', { runningSince: undefined, ...settled });
  if (some(living, 'stopping')) return document.startPending ? become('waking') : become('stopping');
  if (some(living, 'pending')) return become('waking', settled);
  if (document.stopRemaining && some(living, 'stopped') && some(living, 'running')) return become('stopping');
  if (some(living, 'stopped')) {
    const claimed = document.state === 'waking' && (document.startPending || now - document.since < claim);
    const limited = document.state === 'limited' && document.wakes.day === dayOf(now);
    if (claimed || limited || document.state === 'failed') return document;
    if (!some(living, 'running'))
      return become('asleep', { runningSince: undefined, stopPending: undefined, stopRemaining: undefined });
  }
  if (document.state === 'running') return document;
  // A claimed stop is on its way: EC2 shows the host running for a moment yet.
  if (document.state === 'stopping' && now - document.since < claim) return document;
  return become('running', { runningSince: now, ...settled });
}

function wake(facts: Facts, { wakesPerDay }: Policy): Decision {
  const { now, hosts, document, waited } = facts;
  if (!some(hosts, 'stopped') && !some(hosts, 'stopping')) return { document };
  const inHand = document.startPending
    ? some(hosts, 'stopping') && now - document.since < waiting
    : now - document.since < claim;
  if (document.state === 'waking' && inHand && !waited) return { document };
  if (document.state === 'failed' && now - document.since < pauseAfterFailure) return { document };
  const count = document.wakes.day === dayOf(now) ? document.wakes.count : 0;
  // It was counted when it was asked for, or when it first failed.
  if (document.startPending || document.state === 'failed') return start(facts);
  if (count >= wakesPerDay) return { document: turned(facts, 'limited') };
  return start({ ...facts, document: { ...document, wakes: { day: dayOf(now), count: count + 1 } } });
}

function start(facts: Facts): Decision {
  const { now, hosts, document, waited } = facts;
  const ended = { failure: undefined, stopPending: undefined, stopRemaining: undefined };
  const waking = { ...document, state: 'waking' as const, since: now, ...ended };
  if (some(hosts, 'stopping')) {
    const since = waited && document.startPending ? document.since : now;
    return { document: { ...waking, since, startPending: true }, again: true };
  }
  const instanceIds = idsIn(hosts, 'stopped');
  if (instanceIds.length === 0) return { document: { ...document, stopRemaining: undefined } };
  return {
    document: { ...waking, runningSince: undefined, startPending: undefined },
    action: { kind: 'start', instanceIds },
  };
}

/** Stops hosts that run and are not needed. */
function rest(facts: Facts, policy: Policy): Decision | 'look' {
  const { now, hosts, document, use } = facts;
  const running = hosts.filter(({ state }) => state === 'running');
  const moving = some(hosts, 'pending') || some(hosts, 'stopping');
  if (running.length === 0 || moving || document.state !== 'running') return { document };
  if (!policy.idleStop && !document.stopPending) return { document };
  const started = Math.max(document.runningSince ?? 0, ...running.map(({ launched }) => launched));
  if (now - started < policy.grace) return { document };
  if ((document.keepAwakeUntil ?? 0) > now) return { document };
  if (use === undefined) return 'look';
  if ((use.busyUntil ?? 0) > now) return { document };
  const quiet = document.stopPending ? Math.min(quietBeforeStop, policy.idle) : policy.idle;
  if (use.lastUse !== undefined && now - use.lastUse < quiet) return { document };
  return stop(facts);
}

/**
 * Stops all. Of several the first goes before the others: as it goes down it takes a snapshot of the whole cluster, which needs the shards
 * of all.
 */
function stop(facts: Facts): Decision {
  const up = facts.hosts.filter(({ state }) => state === 'running' || state === 'pending');
  const first = up.find(({ node }) => node === takesSnapshots);
  if (first === undefined || up.length === 1) return stopping(facts, up);
  const { document, action } = stopping(facts, [first]);
  return { document: { ...document, stopRemaining: true }, action, again: true };
}

/** Stops those that follow the first, once that is off; starts it again where the hosts are needed meanwhile, unless a person insists. */
function stopRemaining(facts: Facts, insisted: boolean): Decision | 'look' {
  const { now, hosts, document, use } = facts;
  // EC2 shows the first one running for a moment yet.
  if (some(hosts, 'stopping') || !some(hosts, 'stopped')) return { document, again: true };
  if (!insisted) {
    if ((document.keepAwakeUntil ?? 0) > now) return start(facts);
    if (use === undefined) return 'look';
    if ((use.busyUntil ?? 0) > now || (use.lastUse ?? 0) > document.since) return start(facts);
  }
  return stopping(
    facts,
    hosts.filter(({ state }) => state === 'running'),
  );
}

function stopping(facts: Facts, hosts: readonly Host[]): Decision {
  const document = { ...facts.document, startPending: undefined, stopRemaining: undefined };
  if (hosts.length === 0) return { document };
  return {
    document: { ...turned({ ...facts, document }, 'stopping'), runningSince: undefined, stopPending: undefined },
    action: { kind: 'stop', instanceIds: hosts.map(({ instanceId }) => instanceId) },
  };
}

function turned({ now, document }: Facts, state: StateDocument['state']): StateDocument {
  return document.state === state ? document : { ...document, state, since: now, failure: undefined };
}

/** A wish is remembered only while there is a running host that it can concern. */
function asked({ hosts, document }: Facts, wish: Partial<StateDocument>): StateDocument {
  return some(hosts, 'running') || some(hosts, 'pending') ? { ...document, ...wish } : document;
}

const lives = ({ state }: Host) => state !== 'terminated' && state !== 'shutting-down';
const some = (hosts: readonly Host[], state: Host['state']) => hosts.some((host) => host.state === state);
const idsIn = (hosts: readonly Host[], state: Host['state']) =>
  hosts.filter((host) => host.state === state).map(({ instanceId }) => instanceId);
