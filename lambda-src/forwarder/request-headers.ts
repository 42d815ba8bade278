import { type GatewayEvent, multiValues } from './event';
import { Failure } from './failure';
import { endsHere } from './header-fields';

/** Set by the forwarder, whatever the client sent. `Expect` was the gateway's to answer. */
const replaced = new Set(['host', 'content-length', 'expect', 'forwarded', 'x-forwarded-for']);

/**
 * The fields for the origin as name, value, name, value …: the client's in their own case and order, less hop-by-hop ones; the
 * length is the body's own, and the host is the public name as the gateway matched it.
 *
 * @throws Failure `invalid_request` for what could split or smuggle a request.
 */
export function requestHeaders(event: GatewayEvent, body: Buffer | undefined, plainBody: boolean): string[] {
  const fields = multiValues(event.multiValueHeaders, event.headers);
  const valuesOf = (wanted: string) =>
    fields.flatMap(([name, values]) => (name.toLowerCase() === wanted ? values : ([] as string[])));
  const lengths = valuesOf('content-length');
  if (new Set(lengths).size > 1) throw new Failure('invalid_request', 'two lengths');
  if (lengths.some((length) => !/^\d+$/.test(length))) throw new Failure('invalid_request', 'the length');

  const isDropped = endsHere(valuesOf('connection'));
  const host = event.requestContext?.domainName ?? '';
  const lines = ['Host', checkedValue(host)];
  for (const [name, values] of fields) {
    const key = name.toLowerCase();
    if (isDropped(key) || replaced.has(key) || (key.startsWith('x-forwarded-') && key !== 'x-forwarded-for')) continue;
    if (plainBody && key === 'content-encoding') continue;
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new Failure('invalid_request', 'a header name');
    // HTTP/2 splits cookies into several fields; in HTTP/1.1 they are one (RFC 9113 8.2.3).
    if (key === 'cookie') lines.push(name, checkedValue(values.join('; ')));
    else for (const value of values) lines.push(name, checkedValue(value));
  }

  const chain = forwardedFor(valuesOf('x-forwarded-for'), event);
  if (chain !== '') lines.push('X-Forwarded-For', checkedValue(chain));
  lines.push('X-Forwarded-Host', checkedValue(host), 'X-Forwarded-Port', '443', 'X-Forwarded-Proto', 'https');
  if (body !== undefined) lines.push('Content-Length', String(body.length));
  return lines;
}

/** The chain as the gateway hands it on, which ends in the address that it saw itself. */
function forwardedFor(chain: readonly string[], event: GatewayEvent): string {
  const seen = event.requestContext?.identity?.sourceIp ?? '';
  const given = chain.join(', ');
  return seen === '' || given === seen || given.endsWith(`, ${seen}`) || given.endsWith(`,${seen}`)
    ? given
    : [...chain, seen].join(', ');
}

/** A value as it goes on the wire, where each character is one byte; text that one byte can't hold goes as UTF-8. */
function checkedValue(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not pass
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) throw new Failure('invalid_request', 'a header value');
  return /[^\0-\xff]/.test(value) ? Buffer.from(value).toString('latin1') : value;
}
