import type { TransferMode } from '../../../local/door';
import type { RawRequest } from './raw-origin';
import type { WireAnswer } from './wire';

/** A field's values in order, by its name in small letters, with the spelling that came first. */
export type Fields = Map<string, { readonly name: string; readonly values: string[] }>;

/** A request taken apart, to be changed as the way through the door changes it. */
export interface RequestParts {
  method: string;
  path: string;
  query: Map<string, string[]>;
  fields: Fields;
  body: Buffer;
}

/** An answer taken apart. */
export interface AnswerParts {
  status: number;
  fields: Fields;
  trailers: number;
  body: Buffer;
}

/** A way in which the door is not a direct line, and why nobody can help it. */
export interface Difference {
  readonly name: string;
  /** The service's limit behind it. */
  readonly cause: string;
  /** Changes what came over the direct line into what has to come through the door. */
  readonly request?: (parts: RequestParts) => void;
  readonly answer?: (parts: AnswerParts, about: { readonly method: string; readonly mode: TransferMode }) => void;
}

const hopByHop = [
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
];
/** 127.0.0.1 stands for the first address that the example's allowlist lets in. */
const seenAddress = '203.0.113.1';
const bodiless = ['GET', 'HEAD', 'OPTIONS', 'DELETE'];

/**
 * Every difference between the door and a direct line. Nothing else may differ: the suites apply these, one after the other, to
 * what came over the direct line, and compare the rest byte for byte. docs/forwarder.md has the same list.
 */
export const differences: readonly Difference[] = [
  {
    name: 'order and spelling of header fields',
    cause:
      'the proxy event and its result are maps: fields of one name stand together, under the spelling that came first; over HTTP/2 every name is in small letters',
    // Taking a message apart into a map does this; the values of one name keep their order.
  },
  {
    name: 'hop-by-hop fields end at each hop',
    cause: 'RFC 9110 7.6.1: they are about a connection, and there are three of them',
    request: ({ fields }) => remove(fields, hopByHop),
    answer: ({ fields }) => remove(fields, hopByHop),
  },
  {
    name: 'request fields that API Gateway takes out',
    cause: 'API Gateway drops them before the function runs',
    request: ({ fields }) => remove(fields, ['content-md5', 'expect', 'max-forwards', 'server', 'www-authenticate']),
  },
  {
    name: 'forwarding fields',
    cause:
      'API Gateway adds them, and the forwarder hands on only what the gateway saw itself: a client must not be able to make up its address',
    request: ({ fields }) => {
      const chain = fields.get('x-forwarded-for')?.values ?? [];
      remove(fields, [
        'forwarded',
        'x-amzn-trace-id',
        ...[...fields.keys()].filter((key) => key.startsWith('x-forwarded-')),
      ]);
      set(fields, 'X-Forwarded-For', [...chain, seenAddress].join(', '));
      set(fields, 'X-Forwarded-Host', fields.get('host')?.values[0] ?? '');
      set(fields, 'X-Forwarded-Port', '443');
      set(fields, 'X-Forwarded-Proto', 'https');
    },
  },
  {
    name: 'one Cookie field',
    cause: 'HTTP/2 splits cookies into several fields, and in HTTP/1.1 they are one (RFC 9113 8.2.3)',
    request: ({ fields }) => {
      const cookie = fields.get('cookie');
      if (cookie) fields.set('cookie', { name: cookie.name, values: [cookie.values.join('; ')] });
    },
  },
  {
    name: 'the query is written anew',
    cause:
      'the proxy event carries it decoded, in a map: `+` comes as `%20`, `?a=` as `?a`, `;` parts like `&`, and bytes that are no UTF-8 as U+FFFD; keys may change places, the values of one key do not',
    // Taking a target apart does this.
  },
  {
    name: 'a length instead of chunks in requests',
    cause: 'API Gateway hands a request over whole',
    request: ({ method, fields, body }) => {
      remove(fields, ['content-length']);
      if (body.length > 0 || !bodiless.includes(method)) set(fields, 'Content-Length', `${body.length}`);
    },
  },
  {
    name: 'response fields that API Gateway renames or drops',
    cause:
      "they come as `x-amzn-remapped-…` or not at all, so the forwarder leaves them out; Date is the gateway's own. No 401 of the origin makes a browser ask for a password",
    answer: ({ fields }) =>
      remove(fields, [
        ...['authorization', 'content-md5', 'date', 'expect', 'host', 'max-forwards', 'server', 'user-agent', 'via'],
        'www-authenticate',
      ]),
  },
  {
    name: 'response fields that API Gateway adds',
    cause: 'x-amzn-RequestId, x-amz-apigw-id and X-Amzn-Trace-Id are in each of its answers',
  },
  {
    name: 'an answer without Content-Type is called JSON',
    cause: 'API Gateway adds `application/json`',
    answer: ({ fields }) => {
      if (!fields.has('content-type')) set(fields, 'Content-Type', 'application/json');
    },
  },
  {
    name: 'assets may be kept for an hour',
    cause:
      'a style sheet, script, font or picture of which the origin says nothing is asked for once instead of at every page: each request costs an invocation',
    answer: ({ status, fields }, { method }) => {
      const silent = !['cache-control', 'expires', 'pragma', 'set-cookie'].some((name) => fields.has(name));
      const type = fields.get('content-type')?.values[0] ?? '';
      const asset = /^(text\/css|text\/javascript|application\/javascript|image\/|font\/)/.test(type);
      if (asset && silent && status === 200 && ['GET', 'HEAD'].includes(method)) {
        set(fields, 'Cache-Control', 'private, max-age=3600');
      }
    },
  },
  {
    name: 'lengths of answers',
    cause:
      'a 204 never has one (RFC 9110 8.6); a buffered answer always has one, but for 204 and 304, since API Gateway has it whole',
    answer: ({ status, fields, body }, { method, mode }) => {
      if (status === 204 || (mode === 'BUFFERED' && status === 304)) remove(fields, ['content-length']);
      else if (mode === 'BUFFERED' && !(method === 'HEAD' && fields.has('content-length'))) {
        set(fields, 'Content-Length', `${body.length}`);
      }
    },
  },
  {
    name: "no trailers, no interim answers, no reason phrases of the origin's own",
    cause: 'the proxy result has no place for them',
    answer: (parts) => {
      parts.trailers = 0;
    },
  },
  {
    name: 'header values beyond ASCII',
    cause: 'it is not documented how API Gateway decodes them; clients write such text percent-encoded',
  },
  {
    name: 'X-HTTP-Method-Override changes the method',
    cause: 'API Gateway acts on it',
  },
  {
    name: 'some requests are refused',
    cause:
      "API Gateway's limits: a raw `|`, `{` or `}` in the query (400), a method that ANY does not stand for (403), more than 10,240 characters of URL (414), 20,480 bytes of headers (431), 10 MB of body, or about 4.5 MB of it in base64 (413)",
  },
  {
    name: 'some answers are refused',
    cause:
      "headers over 16 KB (20,480 bytes when buffered), and buffered bodies over 6 MB: 502 in Elasticsearch's error shape",
  },
  {
    name: 'a lost connection is an answer',
    cause:
      'a client cannot see the connection behind the gateway: where a direct line is refused, breaks or times out before the answer begins, the door answers 502, 503 or 504',
  },
  {
    name: "the door's own 401, 403 and 429",
    cause:
      "no Authorization, a stranger's address and too many requests are answered by the gateway, before Elasticsearch hears of them",
  },
];

/** What a request that came over the direct line has to be when it comes through the door. */
export function expectedRequest(direct: RawRequest): RequestParts {
  const parts = requestParts(direct);
  for (const { request } of differences) request?.(parts);
  return parts;
}

/** What an answer that came over the direct line has to be when it comes through the door. */
export function expectedAnswer(direct: WireAnswer, method: string, mode: TransferMode): AnswerParts {
  const parts = answerParts(direct);
  for (const { answer } of differences) answer?.(parts, { method, mode });
  return parts;
}

/** A request that came through the door, less the one field whose value nobody can foretell. */
export function actualRequest(request: RawRequest): RequestParts {
  const parts = requestParts(request);
  remove(parts.fields, ['connection', 'x-amzn-trace-id']);
  return parts;
}

/** An answer that came through the door, less what the gateway has to say. @throws where it does not say it */
export function actualAnswer(answer: WireAnswer): AnswerParts {
  const parts = answerParts(answer);
  const own = ['x-amzn-requestid', 'x-amz-apigw-id', 'x-amzn-trace-id', 'date'];
  const silent = own.filter((name) => parts.fields.get(name)?.values.length !== 1);
  if (silent.length > 0) throw new Error(`the door has not set, or not once: ${silent.join(', ')}`);
  // The last three belong to the connection between client and door.
  remove(parts.fields, [...own, 'connection', 'keep-alive', 'transfer-encoding']);
  return parts;
}

/** As something that a test can show: names of answers' fields in small letters, bytes as text. */
export const shownRequest = ({ fields, query, body, ...rest }: RequestParts) => ({
  ...rest,
  query: Object.fromEntries([...query].sort()),
  fields: [...fields.values()].map(({ name, values }) => [name, ...values]).sort(byName),
  body: body.toString('latin1'),
});

export const shownAnswer = ({ fields, body, ...rest }: AnswerParts) => ({
  ...rest,
  fields: [...fields].map(([name, { values }]) => [name, ...values]).sort(byName),
  body: body.toString('latin1'),
});

function byName([one = '']: string[], [other = '']: string[]): number {
  return one < other ? -1 : 1;
}

function requestParts({ method, target, fields, body }: RawRequest): RequestParts {
  const mark = target.indexOf('?');
  const query = new Map<string, string[]>();
  for (const pair of mark < 0 ? [] : target.slice(mark + 1).split(/[&;]/)) {
    const [, key = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    if (pair !== '') query.set(decoded(key), [...(query.get(decoded(key)) ?? []), decoded(value)]);
  }
  return { method, path: mark < 0 ? target : target.slice(0, mark), query, fields: gathered(fields), body };
}

function answerParts({ status, fields, trailers, body }: WireAnswer): AnswerParts {
  return { status, fields: gathered(fields), trailers: trailers.length, body };
}

function gathered(pairs: readonly (readonly [string, string])[]): Fields {
  const fields: Fields = new Map();
  for (const [name, value] of pairs) {
    const known = fields.get(name.toLowerCase());
    if (known) known.values.push(value);
    else fields.set(name.toLowerCase(), { name, values: [value] });
  }
  return fields;
}

/** Of a query: a plus is a space, and what is no UTF-8 is the replacement character. */
function decoded(text: string): string {
  const escaped = text.replaceAll('+', ' ').replace(/%(?![0-9a-f]{2})/gi, '%25');
  const bytes = escaped.split(/(%[0-9a-f]{2})/i).map((part, index) => {
    return index % 2 === 1 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'latin1');
  });
  return Buffer.concat(bytes).toString();
}

function remove(fields: Fields, names: readonly string[]): void {
  for (const name of names) fields.delete(name);
}

function set(fields: Fields, name: string, value: string): void {
  fields.set(name.toLowerCase(), { name, values: [value] });
}
