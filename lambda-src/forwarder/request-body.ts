import { type GatewayEvent, multiValues } from './event';

/** The body's bytes; none where the gateway hands over null or an empty text. */
export function requestBody(event: GatewayEvent): Buffer {
  return Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
}

/**
 * Whether the gateway has unpacked the body but left its Content-Encoding in place: then that field has to go. Only gzip and
 * deflate are the gateway's to unpack.
 */
export function isUnpacked(event: GatewayEvent, body: Buffer): boolean {
  if (body.length === 0) return false;
  const coding = multiValues(event.multiValueHeaders, event.headers)
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .flatMap(([, values]) => values)
    .join(',')
    .trim()
    .toLowerCase();
  if (coding === 'gzip' || coding === 'x-gzip') return body[0] !== 0x1f || body[1] !== 0x8b;
  if (coding === 'deflate') return !hasZlibHeader(body) && !isRawDeflate(body);
  return false;
}

/** RFC 1950 2.2: method 8, and the two bytes are a multiple of 31. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length > 1 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

/** Many clients send deflate without zlib's header. That has no mark to look for, so it is tried. */
function isRawDeflate(body: Buffer): boolean {
  const { inflateRawSync } = require('node:zlib') as typeof import('node:zlib');
  try {
    inflateRawSync(body, { maxOutputLength: 16 * 1024 * 1024 });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
  }
}
