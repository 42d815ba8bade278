import type { Readable } from 'node:stream';
import { type HeaderFields, largestHeaders, sizeOf } from './header-fields';
import { occasions, Refusal } from './refusal';

/** What a function said of its answer. */
export interface ResultHead {
  readonly status: number;
  readonly fields: HeaderFields;
}

/** Bytes within which a streamed answer's head has to end, and what ends it. */
const largestPrelude = 16 * 1024;
const separator = Buffer.alloc(8);

/**
 * The head of a streamed answer; the rest of the body is left to read.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
 * @throws Refusal where it is not as the service wants it
 */
export async function readPrelude(body: Readable): Promise<ResultHead> {
  let begin = Buffer.alloc(0);
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    begin = Buffer.concat([begin, chunk]);
    const end = begin.subarray(0, largestPrelude).indexOf(separator);
    if (end >= 0) {
      const rest = begin.subarray(end + separator.length);
      if (rest.length > 0) body.unshift(rest);
      const result = readJson(begin.subarray(0, end), ['statusCode', 'headers', 'multiValueHeaders', 'cookies']);
      return { status: statusOf(result), fields: fieldsOf(result) };
    }
    if (begin.length >= largestPrelude) break;
  }
  throw malformed('no 8 NUL bytes within the first 16 KB');
}

/** A buffered result: head and body. @throws Refusal where it is malformed */
export function readResult(json: Buffer): ResultHead & { body: string; isBase64Encoded: boolean } {
  const result = readJson(json, ['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded']);
  const { body = '', isBase64Encoded = false } = result;
  if (body !== null && typeof body !== 'string') throw malformed('the body is no text');
  if (typeof isBase64Encoded !== 'boolean') throw malformed('isBase64Encoded is neither true nor false');
  return { status: statusOf(result), fields: fieldsOf(result), body: body ?? '', isBase64Encoded };
}

function readJson(bytes: Buffer, keys: readonly string[]): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (cause) {
    throw malformed('it is no JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is no object');
  const unknown = Object.keys(value).filter((key) => !keys.includes(key));
  if (unknown.length > 0) throw malformed(`unknown keys: ${unknown.join(', ')}`);
  return value as Record<string, unknown>;
}

function statusOf({ statusCode }: Record<string, unknown>): number {
  const status = typeof statusCode === 'string' && statusCode !== '' ? Number(statusCode) : statusCode;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw malformed(`the status is ${statusCode}`);
  }
  return status;
}

/** Where a name has values in both maps, those of `multiValueHeaders` count. */
function fieldsOf({ headers, multiValueHeaders, cookies }: Record<string, unknown>): HeaderFields {
  const multiple = Object.entries(mapOf(multiValueHeaders)).flatMap(([name, values]) => {
    if (!Array.isArray(values)) throw malformed(`the values of ${name} are no list`);
    return values.map((value) => [name, textOf(name, value)] as const);
  });
  const covered = new Set(multiple.map(([name]) => name.toLowerCase()));
  const single = Object.entries(mapOf(headers))
    .filter(([name]) => !covered.has(name.toLowerCase()))
    .map(([name, value]) => [name, textOf(name, value)] as const);
  if (cookies !== undefined && !Array.isArray(cookies)) throw malformed('the cookies are no list');
  const fields = [
    ...single,
    ...multiple,
    ...(cookies ?? []).map((value: unknown) => ['Set-Cookie', textOf('Set-Cookie', value)] as const),
  ];
  if (sizeOf(fields) > largestHeaders) throw malformed(`the headers have more than ${largestHeaders} bytes`);
  return fields;
}

function mapOf(value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed('the headers are no object');
  return value as Record<string, unknown>;
}

function textOf(name: string, value: unknown): string {
  if (!['string', 'number', 'boolean'].includes(typeof value)) throw malformed(`the value of ${name} is no text`);
  const text = String(value);
  if (/[\0\r\n]/.test(text) || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
    throw malformed(`the header ${name} has a line break`);
  return text;
}

/** The reason is for the one who runs the door: clients are told nothing. */
const malformed = (reason: string, cause?: unknown) =>
  new Refusal(occasions.functionFailed, undefined, { cause: cause ?? new Error(`malformed proxy result: ${reason}`) });
