import type { PowerConfiguration } from './configuration';
import { type GatewayEvent, headerOf, requestId } from './event';
import type { Log } from './log';

/** Milliseconds between two lines: the power function looks at spans of many minutes. */
const between = 60_000;

/** What a Kibana tab asks by itself that it does not mark as such. */
const polled =
  /^\/(?:s\/[^/]+\/)?(?:api\/(?:status|ui_counters|licensing|telemetry|core\/capabilities)|internal\/(?:security\/session|telemetry|search\/session|licensing|cloud_security_posture\/status))\b/;

/** Notes that the host answered a request, where that request shows that somebody uses it. */
export type UseLog = (event: GatewayEvent, status: number) => void;

/**
 * A log of use: one line a minute, `in_use`. The host stays awake for it, so what a forgotten tab asks, what a scanner tries
 * without credentials, and what the host only answers with an error are none.
 */
export function makeUseLog({ useNeedsCredentials }: PowerConfiguration, log: Log, now = Date.now): UseLog {
  let last = Number.NEGATIVE_INFINITY;
  return (event, status) => {
    const time = now();
    if (time - last < between || status === 401 || status >= 500) return;
    if (useNeedsCredentials && !hasCredentials(event)) return;
    if (headerOf(event, 'kbn-system-request') === 'true' || polled.test(event.path ?? '')) return;
    last = time;
    log('INFO', { event: 'in_use', request_id: requestId(event, {}) });
  };
}

/** An Authorization field, or the cookie of a session in Kibana. */
function hasCredentials(event: GatewayEvent): boolean {
  return headerOf(event, 'authorization') !== undefined || /(?:^|;\s*)sid=/.test(headerOf(event, 'cookie') ?? '');
}
