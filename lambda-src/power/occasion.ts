import { gunzipSync } from 'node:zlib';
import type { Occasion } from './decision';

/** What reaches the function: a batch of log lines from a subscription, or an order of a schedule or a person. */
export interface PowerEvent {
  readonly awslogs?: { readonly data?: string };
  /** `check`, `start`, `stop`, `stop-now`, `keep-awake` or `status`. */
  readonly action?: string;
  /** For `keep-awake`: ISO 8601; without it hosts may sleep again. */
  readonly until?: string;
}

/** A wake that was asked for longer ago is over: whoever asked has asked again or has left. */
const stale = 10 * 60_000;
/** Nobody keeps hosts awake for longer at once. */
const longestKeepAwake = 31 * 24 * 3_600_000;

/**
 * The occasion that an event is; undefined for log lines that ask for nothing.
 *
 * @throws an Error for an order that there is not
 */
export function occasionOf(event: PowerEvent, now: number): Occasion | undefined {
  if (event.awslogs !== undefined) return asksForWake(event.awslogs.data ?? '', now) ? { kind: 'wake' } : undefined;
  switch (event.action) {
    case 'check':
    case 'start':
    case 'stop':
    case 'status':
      return { kind: event.action };
    case 'stop-now':
      return { kind: 'stop', now: true };
    case 'keep-awake':
      return { kind: 'keep-awake', until: event.until === undefined ? undefined : keepAwakeUntil(event.until, now) };
    default:
      throw new Error(`no such action: ${JSON.stringify(event.action)}`);
  }
}

function keepAwakeUntil(text: string, now: number): number {
  const until = Date.parse(text);
  if (Number.isNaN(until)) throw new Error(`until is no time: ${JSON.stringify(text)}`);
  return Math.min(until, now + longestKeepAwake);
}

interface Batch {
  messageType?: string;
  logEvents?: { message?: string; timestamp?: number }[];
}

/** Whether a batch of the forwarders' lines has one that asks. The filter has chosen them; it is looked at again all the same. */
function asksForWake(data: string, now: number): boolean {
  const { messageType, logEvents = [] } = JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()) as Batch;
  if (messageType !== 'DATA_MESSAGE') return false;
  return logEvents.some(({ message = '', timestamp = now }) => now - timestamp < stale && isWakeRequest(message));
}

function isWakeRequest(message: string): boolean {
  try {
    const line = JSON.parse(message) as { event?: unknown; wake?: unknown } | null;
    return line?.event === 'origin_unreachable' && line.wake === true;
  } catch {
    return false;
  }
}
