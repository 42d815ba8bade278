import { errorCode, type Failure } from './failure';

/** A line of the log. */
export interface LogFields {
  /** What happened, by a stable name. */
  event: string;
  request_id: string;
  [field: string]: unknown;
}

/** Writes one line of JSON. */
export type Log = (level: 'ERROR' | 'INFO' | 'DEBUG', fields: LogFields) => void;

/**
 * A log on standard output. Not by the runtime's console: that puts text in front of each line, and then no filter on exact
 * fields matches.
 */
export function makeLog(service: string, write: (line: string) => unknown = (line) => process.stdout.write(line)): Log {
  return (level, fields) => {
    write(`${JSON.stringify({ level, ...fields, service })}\n`);
  };
}

/** The one line of a failure. It holds nothing that a client chose: what a client sends may be secret. */
export function logFailure(
  log: Log,
  failure: Failure,
  fields: Omit<LogFields, 'event'> & { request_id: string },
  level: 'ERROR' | 'INFO' = 'ERROR',
): void {
  const { type, status, message, cause } = failure;
  const known = type !== 'forwarder_failed' && type !== 'invalid_request';
  log(level, {
    event: type,
    ...fields,
    status,
    reason: message,
    code: errorCode(cause) || undefined,
    cause: cause instanceof Error ? (known ? cause.message : cause.stack?.split('\n    at ').slice(1, 5)) : undefined,
  });
}
