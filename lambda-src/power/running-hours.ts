import type { Host } from './decision';
import type { StateDocument } from './state-document';

/** How long the hosts ran in a month, but for the time since they were last started. */
export interface RunningTime {
  /** UTC, as in 2026-03. */
  readonly month: string;
  /** Milliseconds. */
  readonly ran: number;
  /** The operator was told that it is more than agreed. */
  readonly told?: boolean;
}

/** The month of a time, UTC. */
export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7);
}

/** Milliseconds that the hosts have run this month. They are seen every ten minutes: so much a stop by hand may be off. */
export function ranThisMonth({ running, runningSince }: StateDocument, now: number): number {
  const before = running?.month === monthOf(now) ? running.ran : 0;
  const since = runningSince === undefined ? now : Math.max(runningSince, Date.parse(`${monthOf(now)}-01T00:00:00Z`));
  return before + Math.max(0, now - since);
}

/**
 * The document with the hosts' time in it: a start counts from when EC2 began it, and what ends is added up.
 *
 * @param limit milliseconds a month; undefined for none
 */
export function withRunningTime(
  before: StateDocument,
  after: StateDocument,
  hosts: readonly Host[],
  now: number,
  limit: number | undefined,
): StateDocument {
  const began = before.runningSince === undefined && after.runningSince !== undefined;
  // No start is older than the last look that found the hosts otherwise.
  const launched = hosts
    .filter(({ state }) => state === 'running')
    .map((host) => Math.max(host.launched, before.since));
  const counted = began ? { ...after, runningSince: Math.min(now, ...launched) } : after;
  const ended = before.runningSince !== undefined && after.runningSince === undefined;
  const ran = ranThisMonth(ended ? before : counted, now);
  const month = monthOf(now);
  const told = before.running?.month === month && before.running.told === true;
  const over = limit !== undefined && ran > limit && !told;
  if (!ended && !over) return counted;
  const closed = ended ? ran : before.running?.month === month ? before.running.ran : 0;
  return { ...counted, running: { month, ran: closed, ...((told || over) && { told: true }) } };
}
