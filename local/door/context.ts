import { randomBytes, randomUUID } from 'node:crypto';

/** What is known of a request, by the names that `$context` variables have. It grows on the way. */
export type ContextVariables = Record<string, string | undefined>;

/** The variables that every request has from the beginning. */
export function initialContext(now: Date): ContextVariables {
  return {
    requestId: randomUUID(),
    extendedRequestId: `${randomBytes(8).toString('base64url')}==`,
    requestTime: commonLogTime(now),
    requestTimeEpoch: `${now.getTime()}`,
    protocol: 'HTTP/1.1',
    xrayTraceId: `1-${Math.floor(now.getTime() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`,
  };
}

const variable = /\$context\.([A-Za-z_]+(?:\.[A-Za-z_]+)*)/g;

/** A gateway response's body: variables put in, unknown ones as nothing. It is no template language beyond that. */
export function fillTemplate(template: string, context: ContextVariables): string {
  return template.replace(variable, (_, name: string) => context[name] ?? '');
}

/** An access log line: unknown variables are `-`, and what stands within quotes can't leave them. */
export function accessLogLine(format: string, context: ContextVariables): string {
  return format.replace(variable, (_, name: string) => JSON.stringify(context[name] ?? '-').slice(1, -1));
}

/** `24/Nov/2026:02:28:43 +0000` */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
