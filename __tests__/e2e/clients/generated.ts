import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { RawAnswer } from './raw-origin';
import type { WireRequest } from './wire';

type Field = readonly [string, string];

/** An answer as an origin writes it. */
export interface PlannedAnswer {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: Buffer;
  readonly framing: 'length' | 'chunks' | 'until the end';
  /** Interim answers before it. */
  readonly interim: boolean;
  readonly trailers: readonly Field[];
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const oneOf = <Value>(...values: Value[]) => fc.constantFrom(...values);

/** Visible ASCII with blanks within, as a field's value may be; empty ones too. */
const value = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 })
  .map((text) => text.trim());

const hex = (byte: number) => `%${byte.toString(16).padStart(2, '0')}`;
const escaped = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.boolean())
  .map(([byte, upper]) => (upper ? hex(byte).toUpperCase() : hex(byte)));

/** What a path may hold, with a liking for what a parser would tidy up. */
const segment = fc.array(
  fc.oneof(
    oneOf(
      '%2F',
      '%3C',
      '%3E',
      '%2f',
      '%2B',
      '+',
      '.',
      '..',
      '%2E%2E',
      '%25',
      '%00',
      '%0D%0A',
      '%20',
      '%C3%BC',
      '%F0%9F%90%98',
    ),
    oneOf(
      '_doc',
      'a',
      'Z',
      '0',
      '-',
      '~',
      ':',
      '@',
      '!',
      '$',
      "'",
      '(',
      ')',
      '*',
      ',',
      ';',
      '=',
      '&',
      '[',
      ']',
      '^',
      '"',
      '<',
      '>',
      '\\',
      '{',
      '|',
      '}',
      '`',
    ),
    escaped,
  ),
  { maxLength: 6 },
);
const path = fc
  .array(segment, { maxLength: 5 })
  .map((segments) => `/${segments.map((each) => each.join('')).join('/')}`);

const queryText = fc
  .array(
    fc.oneof(
      oneOf(
        'q',
        'pretty',
        '1',
        '__proto__',
        '+',
        '%2B',
        '%20',
        '%26',
        '%3D',
        '%3B',
        '%25',
        '%C3%A9',
        '%zz',
        '*',
        ':',
        '/',
        '?',
        '[',
        '"',
        '\\',
        '@',
        '%00',
        '%0A',
      ),
      escaped,
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));
const pair = fc
  .tuple(queryText, fc.option(queryText, { nil: undefined }))
  .map(([key, given]) => (given === undefined ? key : `${key}=${given}`));
const query = fc.oneof(
  fc.constant(''),
  fc
    .tuple(fc.array(pair, { minLength: 1, maxLength: 6 }), oneOf('&', '&', ';', '&&'))
    .map(([pairs, mark]) => `?${pairs.join(mark)}`),
);

const bytes = fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array));
const text = fc
  .string({ unit: 'grapheme', maxLength: 200 })
  .map((each) => Buffer.from(`{"text":${JSON.stringify(each)}}\n`));

/** A zstd frame with one raw block (RFC 8878 3.1.1), for contents from 256 bytes on: Node has no zstd before release 22.15. */
function zstdFrame(content: Buffer): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x60, 0, 0, 0, 0, 0]);
  head.writeUInt16LE(content.length - 256, 5);
  head.writeUIntLE((content.length << 3) | 1, 7, 3);
  return Buffer.concat([head, content]);
}

/** Content with the field that says how it is packed. */
const content: fc.Arbitrary<{ body: Buffer; fields: Field[] }> = fc
  .tuple(fc.oneof(bytes, text), oneOf('', '', 'gzip', 'br', 'deflate', 'raw deflate', 'zstd'))
  .map(([plain, coding]) => {
    if (coding === 'gzip') return packed(gzipSync(plain), 'gzip');
    if (coding === 'br') return packed(brotliCompressSync(plain), 'br');
    if (coding === 'deflate') return packed(deflateSync(plain), 'deflate');
    if (coding === 'raw deflate') return packed(deflateRawSync(plain), 'deflate');
    if (coding === 'zstd') return packed(zstdFrame(Buffer.concat([Buffer.alloc(256, '.'), plain])), 'zstd');
    return { body: plain, fields: [] };
  });
const packed = (body: Buffer, coding: string) => ({ body, fields: [['Content-Encoding', coding] as const] });

const requestField: fc.Arbitrary<Field> = fc.oneof(
  fc.tuple(
    oneOf('X-One', 'x-one', 'X-ONE', 'X-Two', 'x_three', 'x.four', '__proto__', 'constructor', "!#$%&'*+.^_`|~-"),
    value,
  ),
  fc.tuple(
    oneOf('Accept', 'accept-encoding', 'User-Agent', 'If-None-Match', 'Range', 'X-Opaque-Id', 'kbn-xsrf', 'Origin'),
    value,
  ),
  fc.tuple(
    oneOf('Cookie', 'cookie'),
    value.map((each) => `sid=${each.replaceAll(';', '')}`),
  ),
  fc.tuple(oneOf('X-Forwarded-For'), oneOf('198.51.100.7', '198.51.100.7, 10.0.0.1', 'unknown')),
  fc.tuple(
    oneOf('X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Prefix', 'Forwarded'),
    oneOf('http', 'evil.example.net', '80'),
  ),
  fc.tuple(oneOf('X-Original-URL', 'X-Rewrite-URL', 'X-Host', 'X-Real-IP'), oneOf('/_cluster/settings', '10.0.0.1')),
  fc.tuple(
    oneOf('TE', 'Content-MD5', 'Max-Forwards', 'Proxy-Authorization', 'Server', 'WWW-Authenticate'),
    oneOf('trailers', '1', 'Basic eDp5'),
  ),
);
const mediaType = oneOf(
  'application/json',
  'application/x-ndjson',
  'text/plain; charset=latin1',
  'application/octet-stream',
  'application/vnd.elasticsearch+json; compatible-with=9',
  '',
);

/** Requests of any kind that API Gateway takes. */
export const requests: fc.Arbitrary<WireRequest> = fc
  .record({
    method: fc.constantFrom(...methods),
    target: fc.tuple(path, query).map((parts) => parts.join('')),
    fields: fc.array(requestField, { maxLength: 8 }),
    sent: fc.option(fc.tuple(content, mediaType), { nil: undefined, freq: 2 }),
    chunk: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined, freq: 3 }),
  })
  .map(({ method, target, fields, sent, chunk }) => {
    if (sent === undefined) return { method, target, fields };
    const [{ body, fields: about }, type] = sent;
    const typed: Field[] = type === '' ? [] : [['Content-Type', type]];
    return { method, target, fields: [...fields, ...typed, ...about], body, chunk };
  });

const date = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((each) => each.toUTCString());
const answerField: fc.Arbitrary<Field> = fc.oneof(
  fc.tuple(oneOf('X-One', 'x-one', 'X-Two', '__proto__', 'constructor', 'X-elastic-product', 'kbn-name'), value),
  fc.tuple(
    oneOf('Set-Cookie', 'set-cookie'),
    fc.tuple(value, date).map(([each, when]) => `sid=${each.replaceAll(';', '')}; Expires=${when}; Path=/, HttpOnly`),
  ),
  fc.tuple(
    oneOf('Vary', 'Warning', 'Link', 'ETag', 'Location', 'Retry-After', 'Cache-Control', 'Content-Disposition'),
    value,
  ),
  fc.tuple(
    oneOf('Server', 'Date', 'Via', 'WWW-Authenticate', 'Content-MD5', 'Keep-Alive', 'Max-Forwards', 'User-Agent'),
    value,
  ),
);
const statuses = [200, 200, 200, 201, 202, 203, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 409, 413, 418, 429];

/** Answers of any kind that an origin may give. */
export const answers: fc.Arbitrary<{ method: string; answer: PlannedAnswer }> = fc
  .record({
    method: fc.constantFrom(...methods),
    status: fc.constantFrom(...statuses, 500, 501, 502, 503, 504, 599),
    fields: fc.array(answerField, { maxLength: 10 }),
    type: oneOf('application/json', 'text/html; charset=utf-8', 'text/css', 'image/png', 'text/event-stream', ''),
    content,
    framing: fc.constantFrom('length', 'length', 'chunks', 'until the end') as fc.Arbitrary<PlannedAnswer['framing']>,
    interim: fc.boolean(),
    trailers: fc.array(fc.tuple(oneOf('X-Checksum', 'X-Took'), value), { maxLength: 2 }),
  })
  .map(({ method, type, content: { body, fields: about }, fields, ...rest }) => {
    const typed: Field[] = type === '' ? [] : [['Content-Type', type]];
    return { method, answer: { ...rest, body, fields: [...fields, ...typed, ...about] } };
  });

/** The pieces that go on the wire. */
export function written(
  method: string,
  { status, fields, body, framing, interim, trailers }: PlannedAnswer,
): RawAnswer {
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  const kind = status === 204 || status === 304 ? 'none' : framing;
  const framed: readonly Field[] = {
    none: [],
    length: [['Content-Length', `${body.length}`] as const],
    chunks: [['Transfer-Encoding', 'chunked'] as const],
    'until the end': [['Connection', 'close, X-Two'] as const],
  }[kind];
  const head = [`HTTP/1.1 ${status} As It Likes`, ...[...fields, ...framed].map(([name, each]) => `${name}: ${each}`)];
  const pieces: Buffer[] = [Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1')];
  if (interim) pieces.unshift(Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'));
  const ends = kind === 'until the end';
  if (bodiless) return { pieces, ends };
  if (kind !== 'chunks') return { pieces: [...pieces, body], ends };
  for (let at = 0; at < body.length; at += 700) {
    const chunk = body.subarray(at, at + 700);
    pieces.push(Buffer.from(`${chunk.length.toString(16)};note=1\r\n`), chunk, Buffer.from('\r\n'));
  }
  const last = trailers.map(([name, each]) => `${name}: ${each}\r\n`).join('');
  return { pieces: [...pieces, Buffer.from(`0\r\n${last}\r\n`)], ends };
}
