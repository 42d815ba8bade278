/** Seconds that a client should wait: a host that wakes needs a minute, one that is slow may be past it at once. */
const kinds = {
  invalid_request: { status: 400, reason: 'The request holds something that HTTP does not allow' },
  origin_unreachable: {
    status: 503,
    retryAfter: 10,
    reason: 'The host of this service cannot be reached: it is asleep, waking up or restarting',
  },
  host_asleep: { status: 503, retryAfter: 15, reason: 'The host of this service is asleep' },
  host_booting: {
    status: 503,
    retryAfter: 10,
    reason: 'The host of this service is starting; from sleep that usually takes about two minutes',
  },
  host_start_failed: { status: 503, retryAfter: 60, reason: 'The host of this service could not be started' },
  wake_limit_reached: {
    status: 503,
    retryAfter: 3600,
    reason: 'The host of this service was woken as often as a day allows; its operator can start it',
  },
  host_gone: { status: 503, reason: 'This service has no host; its operator can deploy one' },
  origin_tls_failed: { status: 502, reason: 'The host of this service could not prove that it is the right one' },
  origin_reset: { status: 502, reason: 'The host of this service closed the connection before it answered' },
  origin_invalid_response: { status: 502, reason: 'The host of this service answered with something that is not HTTP' },
  origin_timeout: { status: 504, retryAfter: 5, reason: 'The host of this service did not answer in time' },
  response_truncated: { status: 502, reason: 'The answer of the host broke off' },
  response_headers_too_large: { status: 502, reason: "The answer's headers are larger than the gateway lets through" },
  response_too_large: { status: 502, reason: 'The answer is larger than the gateway lets through at once' },
  forwarder_failed: { status: 502, reason: 'The request could not be forwarded' },
} satisfies Record<string, { status: number; retryAfter?: number; reason: string }>;

/** What went wrong: the error's type in the answer and the event's name in the log. Alarms and the host's waking rely on it. */
export type FailureType = keyof typeof kinds;

/** What a browser is shown instead of the error's JSON. */
export interface Page {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An exchange that ends without the origin's whole answer. */
export class Failure extends Error {
  readonly status: number;
  /** Seconds, where waiting helps. */
  readonly retryAfter: number | undefined;

  /** @param detail joins the reason that the client reads: never anything that the client or the origin sent. */
  constructor(
    readonly type: FailureType,
    detail?: string,
    override readonly cause?: unknown,
    readonly page?: Page,
  ) {
    const kind: { status: number; retryAfter?: number; reason: string } = kinds[type];
    super(detail === undefined ? kind.reason : `${kind.reason} (${detail})`);
    this.status = kind.status;
    this.retryAfter = kind.retryAfter;
  }
}

/** How far a connection had come. */
export type Phase = 'connecting' | 'securing' | 'open';

/** Codes that say that nothing is there, whatever the reason. */
const unreachable = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Names an error of the connection to the origin before the answer's head had come. */
export function connectionFailure(error: unknown, phase: Phase): Failure {
  if (error instanceof Failure) return error;
  const code = errorCode(error);
  if (code === 'HPE_HEADER_OVERFLOW') return new Failure('response_headers_too_large', undefined, error);
  if (code.startsWith('HPE_')) return new Failure('origin_invalid_response', undefined, error);
  if (phase === 'connecting' || unreachable.has(code)) return new Failure('origin_unreachable', undefined, error);
  if (phase === 'open' || code === 'ECONNRESET' || code === 'EPIPE') {
    return new Failure('origin_reset', undefined, error);
  }
  return new Failure('origin_tls_failed', undefined, error);
}

/** Node's code of an error, as in `ECONNREFUSED`; empty where it has none. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** The failure in Elasticsearch's error shape, so that its clients raise what they raise for the real thing. */
export function failureBody({ type, message, status, page }: Failure, requestId: string): string {
  if (page !== undefined) return page.body;
  const cause = { type, reason: message };
  return JSON.stringify({ error: { root_cause: [cause], ...cause, request_id: requestId }, status });
}

export function failureHeaders({ retryAfter, page }: Failure): Record<string, string> {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', ...page?.headers };
  return retryAfter === undefined ? headers : { ...headers, 'retry-after': String(retryAfter) };
}

/** An error of any kind as a failure: what nobody foresaw is `forwarder_failed`. */
export function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure('forwarder_failed', undefined, error);
}
