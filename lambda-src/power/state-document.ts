import type { RunningTime } from './running-hours';

/**
 * What is known of the hosts' sleep, published as one small object. Forwarders read it when a host did not answer, so it holds
 * nothing that may not be seen; the power function keeps in it what it has to remember from one invocation to the next.
 */
export interface StateDocument {
  /**
   * `waking` from the order to start until a check finds the hosts running; `failed` when they could not be started; `limited`
   * when they were woken as often as a day allows; `gone` when there is none.
   */
  readonly state: 'asleep' | 'waking' | 'running' | 'stopping' | 'failed' | 'limited' | 'gone';
  /** When that began. Times are milliseconds since 1970. */
  readonly since: number;
  /** Why the hosts could not be started, with `failed`. */
  readonly failure?: StartFailure;
  /** Since when the hosts run, as far as the power function has seen it. */
  readonly runningSince?: number;
  /** Until when somebody wants them awake. */
  readonly keepAwakeUntil?: number;
  /** How often they were woken on a day (UTC, as in 2026-03-01). */
  readonly wakes: { readonly day: string; readonly count: number };
  /** How long they ran this month, until they last stopped. */
  readonly running?: RunningTime;
  /** They are to start as soon as they have stopped. */
  readonly startPending?: boolean;
  /** The first of several hosts is stopping or off, and the others are to follow. */
  readonly stopRemaining?: boolean;
  /** They are to stop as soon as nobody uses them, however long the idle time is. */
  readonly stopPending?: boolean;
}

/** Why hosts could not be started. */
export interface StartFailure {
  readonly type: 'capacity' | 'quota' | 'permission' | 'other';
  /** In words for users: no account, no instance id. */
  readonly reason: string;
}

const states = ['asleep', 'waking', 'running', 'stopping', 'failed', 'limited', 'gone'] as const;
const failureTypes = ['capacity', 'quota', 'permission', 'other'] as const;
const times = ['since', 'runningSince', 'keepAwakeUntil'] as const;

/** The document before anything is known. */
export function unknownState(now: number): StateDocument {
  return { state: 'asleep', since: now, wakes: { day: dayOf(now), count: 0 } };
}

/** The day of a time, UTC. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The document as JSON, times in ISO 8601, for people and forwarders. */
export function formatDocument(document: StateDocument): string {
  const readable = times.flatMap((key) => {
    const time = document[key];
    return time === undefined ? [] : [[key, new Date(time).toISOString()]];
  });
  return `${JSON.stringify({ ...document, ...Object.fromEntries(readable) }, null, 2)}\n`;
}

/** Reads what {@link formatDocument} wrote; what is not of that form counts as unknown, since a lost memory must not stop anybody. */
export function parseDocument(text: string, now: number): StateDocument {
  const fresh = unknownState(now);
  const given = json(text);
  const state = states.find((name) => name === given.state);
  if (state === undefined) return fresh;
  const time = (key: string) => {
    const value = Date.parse(String(given[key] ?? ''));
    return Number.isNaN(value) ? undefined : value;
  };
  const failure = record(given.failure);
  const type = failureTypes.find((name) => name === failure.type);
  const wakes = record(given.wakes);
  const counted = typeof wakes.day === 'string' && Number.isInteger(wakes.count);
  const { month, ran, told } = record(given.running);
  return {
    state,
    since: time('since') ?? now,
    failure: type && { type, reason: String(failure.reason ?? '') },
    runningSince: time('runningSince'),
    keepAwakeUntil: time('keepAwakeUntil'),
    wakes: counted ? { day: String(wakes.day), count: Number(wakes.count) } : fresh.wakes,
    running:
      typeof month === 'string' && typeof ran === 'number'
        ? { month, ran, told: told === true || undefined }
        : undefined,
    startPending: given.startPending === true || undefined,
    stopRemaining: given.stopRemaining === true || undefined,
    stopPending: given.stopPending === true || undefined,
  };
}

function json(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text));
  } catch {
    return {};
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
