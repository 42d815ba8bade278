import { occasions, Refusal } from './refusal';

/** A request line's target, taken apart without changing a byte of the path. */
export interface RequestTarget {
  /** As the client wrote it. */
  readonly path: string;
  /** Decoded, in the client's order. */
  readonly query: readonly (readonly [string, string])[];
  /** The host that an absolute target names; it counts more than the Host header (RFC 9112 3.2.2). */
  readonly authority?: string;
}

const longestUrl = 10_240;

/** @throws Refusal for a target that is too long or holds characters that the service refuses. */
export function readTarget(target: string): RequestTarget {
  const [, authority, origin = target] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target) ?? [];
  if (target.length > longestUrl) throw new Refusal(occasions.urlTooLong);
  const mark = origin.indexOf('?');
  const path = mark < 0 ? origin : origin.slice(0, mark);
  const query = mark < 0 ? '' : origin.slice(mark + 1);
  if (target.includes('#') || /[|{}]/.test(query)) throw new Refusal(occasions.badRequest);
  return { path: path === '' ? '/' : path, query: readQuery(query), authority };
}

/** A raw `;` splits like `&`; a plus is a space; a key without a value has an empty one. */
function readQuery(query: string): [string, string][] {
  return query
    .split(/[&;]/)
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [decoded(pair), ''] : [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))];
    });
}

/** Percent-decoded as UTF-8; what is no UTF-8 becomes the replacement character, what is no escape stays. */
function decoded(text: string): string {
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
