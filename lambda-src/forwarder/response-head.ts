import type { IncomingMessage } from 'node:http';
import { Failure } from './failure';
import { endsHere } from './header-fields';

/** Status and header fields as API Gateway takes them; Set-Cookie is left to the mode, each by itself. */
export interface ResponseHead {
  statusCode: number;
  /** Fields with one value. */
  headers: Record<string, string>;
  /** Fields with several. */
  multiValueHeaders: Record<string, string[]>;
  cookies: string[];
}

/**
 * The gateway either drops these or hands them on as `x-amzn-remapped-…`; none reaches a client under its own name. `Date` and
 * `Server` it sets itself.
 */
const lostInTheGateway = new Set([
  'authorization',
  'content-md5',
  'date',
  'expect',
  'host',
  'max-forwards',
  'server',
  'user-agent',
  'via',
  'www-authenticate',
]);

/** @throws Failure `origin_invalid_response` for a status that no final answer has. */
export function responseHead(response: IncomingMessage, method: string): ResponseHead {
  const statusCode = response.statusCode ?? 0;
  if (statusCode < 200 || statusCode > 599) throw new Failure('origin_invalid_response', 'the status');

  const isDropped = endsHere([response.headers.connection ?? '']);
  const fields = new Map<string, { name: string; values: string[] }>();
  const { rawHeaders } = response;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const key = name.toLowerCase();
    if (lostInTheGateway.has(key) || isDropped(key)) continue;
    const field = fields.get(key);
    if (field) field.values.push(value);
    else fields.set(key, { name, values: [value] });
  }

  if (isStaticAsset(statusCode, method, fields)) {
    fields.set('cache-control', { name: 'cache-control', values: ['private, max-age=3600'] });
  }
  const cookies = fields.get('set-cookie')?.values ?? [];
  fields.delete('set-cookie');
  // Without a prototype: a field may be called __proto__.
  const head: ResponseHead = {
    statusCode,
    headers: Object.create(null),
    multiValueHeaders: Object.create(null),
    cookies,
  };
  for (const { name, values } of fields.values()) {
    if (values.length === 1) head.headers[name] = values[0] ?? '';
    else head.multiValueHeaders[name] = values;
  }
  return head;
}

const assetType = /^(text\/css|(text|application)\/(x-)?javascript|font\/|application\/(x-)?font-|image\/)/i;

/** An asset that the origin says nothing about: neither how long it may be kept nor that it is somebody's own. */
function isStaticAsset(
  status: number,
  method: string,
  fields: ReadonlyMap<string, { values: readonly string[] }>,
): boolean {
  if (status !== 200 || (method !== 'GET' && method !== 'HEAD')) return false;
  if (['cache-control', 'expires', 'pragma', 'set-cookie'].some((name) => fields.has(name))) return false;
  return assetType.test(fields.get('content-type')?.values[0] ?? '');
}
