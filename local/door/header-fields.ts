/** Name and value pairs, in order. */
export type HeaderFields = readonly (readonly [string, string])[];

/** Never reach the function. */
const droppedFromRequest = new Set([
  'connection',
  'content-md5',
  'expect',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
]);

/** Never reach the client. */
const droppedFromResponse = new Set([
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** Reach the client under another name. */
const remapped = new Set([
  'authorization',
  'connection',
  'content-md5',
  'date',
  'max-forwards',
  'server',
  'user-agent',
  'www-authenticate',
]);

/** Bytes of all fields of a message. */
export const largestHeaders = 20_480;

export function sizeOf(fields: HeaderFields): number {
  return fields.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
}

/**
 * A request's fields as the function gets them.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
export function requestFields(
  rawHeaders: readonly string[],
  { host, sourceIp, traceId }: { host: string; sourceIp: string; traceId: string },
): HeaderFields {
  const given = pairs(rawHeaders).filter(([name]) => !droppedFromRequest.has(name.toLowerCase()));
  const chain = valuesOf(given, 'x-forwarded-for');
  const replaced = new Set(['host', 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto', 'x-amzn-trace-id']);
  return [
    ...given.filter(([name]) => !replaced.has(name.toLowerCase())),
    ['Host', host],
    ['X-Amzn-Trace-Id', valuesOf(given, 'x-amzn-trace-id')[0] ?? `Root=${traceId}`],
    // What the client says of itself is handed on, and nothing here decides by it.
    ['X-Forwarded-For', [...chain, sourceIp].join(', ')],
    ['X-Forwarded-Port', '443'],
    ['X-Forwarded-Proto', 'https'],
  ];
}

/** A function's fields as the client gets them. Lengths are kept: whoever sends the body knows better. */
export function responseFields(given: HeaderFields): [string, string][] {
  const fields = given
    .filter(([name]) => !droppedFromResponse.has(name.toLowerCase()))
    .map(([name, value]): [string, string] => [
      remapped.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name,
      value,
    ]);
  if (valuesOf(fields, 'content-type').length === 0) fields.push(['Content-Type', 'application/json']);
  return fields;
}

/** Values of a field in the client's order, its name in any case. */
export function valuesOf(fields: HeaderFields, wanted: string): string[] {
  return fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}

/** Node gives one character a byte; what is UTF-8 is text again, as in the service's JSON. */
export function pairs(rawHeaders: readonly string[]): [string, string][] {
  const fields: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    fields.push([rawHeaders[index] ?? '', asText(rawHeaders[index + 1] ?? '')]);
  }
  return fields;
}

function asText(latin1: string): string {
  const text = Buffer.from(latin1, 'latin1').toString();
  return text.includes('\ufffd') ? latin1 : text;
}
