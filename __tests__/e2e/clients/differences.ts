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
  /** How its row in docs/forwarder.md begins. */
  readonly row: string;
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
 * what came over the direct line, and compare the rest byte for byte. Each begins as its row in docs/forwarder.md does.
 */
export const differences: readonly Difference[] = [
  {
    row: 'Fields may come in another order',
    cause: 'the event and the result are maps; several Cookie fields are one in HTTP/1.1',
    // Taking a message apart into a map does the first.
    request: ({ fields }) => {
      const cookie = fields.get('cookie');
      if (cookie) fields.set('cookie', { name: cookie.name, values: [cookie.values.join('; ')] });
    },
  },
  {
    row: '`Connection`, `Keep-Alive`, `Proxy-*`',
    cause: 'they end at each hop; API Gateway drops Connection before the function could see what it names',
    request: ({ fields }) => remove(fields, hopByHop),
  },
  {
    row: '`Connection` and what it names',
    cause: 'they end at each hop',
    answer: (parts) => {
      const named = parts.fields.get('connection')?.values.join(',').toLowerCase().split(',') ?? [];
      remove(parts.fields, [...hopByHop, ...named.map((name) => name.trim())]);
      parts.trailers = 0;
    },
  },
  {
    row: '`Content-MD5`, `Max-Forwards`',
    cause: 'API Gateway drops them',
    request: ({ fields }) => remove(fields, ['content-md5', 'expect', 'max-forwards', 'server', 'www-authenticate']),
  },
  {
    row: '`X-Forwarded-For` ends in',
    cause: 'API Gateway and the forwarder tell whom they stand in for: a client must not make up its address',
    request: ({ fields }) => {
      const chain = fields.get('x-forwarded-for')?.values ?? [];
      const forwarding = [...fields.keys()].filter((key) => key.startsWith('x-forwarded-'));
      remove(fields, ['forwarded', 'x-amzn-trace-id', ...forwarding]);
      set(fields, 'X-Forwarded-For', [...chain, seenAddress].join(', '));
      set(fields, 'X-Forwarded-Host', fields.get('host')?.values[0] ?? '');
      set(fields, 'X-Forwarded-Port', '443');
      set(fields, 'X-Forwarded-Proto', 'https');
    },
  },
  { row: '`Host` is the domain', cause: 'no client chooses it' },
  // Taking a target apart does these two.
  { row: 'The query is encoded anew', cause: 'API Gateway hands it over decoded, as a map' },
  { row: '`?pretty=` and `?pretty`', cause: "API Gateway's decoding" },
  {
    row: 'A body in chunks comes with a length',
    cause: 'API Gateway gathers a request before it calls the function',
    request: ({ method, fields, body }) => {
      remove(fields, ['content-length']);
      if (body.length > 0 || !bodiless.includes(method)) set(fields, 'Content-Length', `${body.length}`);
    },
  },
  {
    row: '`Date`, `Server` and `Via`',
    cause: "API Gateway drops or renames them, so the forwarder leaves them out; Date is the gateway's own",
    answer: ({ fields }) =>
      remove(fields, [
        ...['authorization', 'content-md5', 'date', 'expect', 'host', 'max-forwards', 'server', 'user-agent', 'via'],
        'www-authenticate',
      ]),
  },
  { row: '`x-amzn-RequestId`', cause: 'API Gateway adds them' },
  {
    row: 'An answer without a `Content-Type`',
    cause: 'API Gateway adds one',
    answer: ({ fields }) => {
      if (!fields.has('content-type')) set(fields, 'Content-Type', 'application/json');
    },
  },
  {
    row: 'CSS, JavaScript, fonts and images',
    cause: 'each request through the gateway costs money and time',
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
    row: 'A 204 has no length',
    cause: 'RFC 9110 8.6; a buffered answer is there as a whole, so its length is known',
    answer: ({ status, fields, body }, { method, mode }) => {
      if (status === 204 || (mode === 'BUFFERED' && status === 304)) remove(fields, ['content-length']);
      else if (mode === 'BUFFERED' && !(method === 'HEAD' && fields.has('content-length'))) {
        set(fields, 'Content-Length', `${body.length}`);
      }
    },
  },
  // Clients of these suites do not look at them, and the answer behind them has to be the same.
  { row: '1xx answers are swallowed', cause: 'a function gives one answer' },
  // None of these is generated; most have a suite of their own.
  { row: 'Values beyond ASCII', cause: 'it is not documented how API Gateway decodes them' },
  { row: '`X-HTTP-Method-Override`', cause: 'API Gateway obeys it' },
  { row: 'A body packed with gzip or deflate', cause: 'API Gateway may unpack it' },
  { row: '`CONNECT` and `TRACE`', cause: "API Gateway's ANY has seven methods" },
  { row: 'A request over 10 MB', cause: 'limits of API Gateway and Lambda' },
  { row: 'What HTTP does not allow', cause: 'nothing may be smuggled' },
  { row: 'No `Authorization`, a stranger', cause: 'the gateway answers before the function is called' },
  { row: 'A status below 200', cause: 'API Gateway takes no other' },
  { row: 'An answer takes at most 29 seconds', cause: "API Gateway's and Lambda's timeouts" },
  { row: 'When a client leaves', cause: 'Lambda does not tell a function' },
  { row: 'A refused connection', cause: 'the client is connected to the gateway, whatever happens behind it' },
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
