import type { IncomingMessage } from 'node:http';
import * as zlib from 'node:zlib';
import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib';
import type { Log } from './log';
import { Masking } from './masking';
import type { OriginRequest } from './request';
import type { ResponseHead } from './response-head';

/** Bytes of an answer's body that are kept to be shown. */
const kept = 16 * 1024;
/** Bytes that a body may unpack to. */
const largestUnpacked = 16 * 1024 * 1024;
/** Characters of a body in a log line. */
const shown = 4 * 1024;

/** Logs a request; the function that it gives logs the answer, once that has ended, from the bytes that it is shown. */
export type DebugLog = (
  id: string,
  request: OriginRequest,
) => (head: ResponseHead, response: IncomingMessage) => (chunk: Buffer) => void;

/** The log of `DEBUG=true`: header fields and the beginnings of bodies, unpacked, with secrets hidden. */
export function makeDebugLog(log: Log): DebugLog {
  return (id, { method, target, headers, body }) => {
    const masking = new Masking();
    const shownHeaders = masking.headers(pairs(headers));
    const shownTarget = masking.target(target);
    const coding = pairs(headers).find(([name]) => name.toLowerCase() === 'content-encoding')?.[1];
    const shownBody = body && masking.body(unpacked(body, coding), shown);
    log('DEBUG', {
      event: 'request',
      request_id: id,
      method,
      // Once more: what the body gave away may stand in front of it too.
      target: masking.text(shownTarget),
      headers: shownHeaders.map(([name, value]) => [name, masking.text(value)]),
      bytes: body?.length ?? 0,
      body: shownBody,
    });
    return ({ statusCode }, response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.once('close', () => {
        const start = Buffer.concat(chunks).subarray(0, kept);
        const fields = masking.headers(pairs(response.rawHeaders));
        const text = masking.body(unpacked(start, response.headers['content-encoding']), shown);
        log('DEBUG', {
          event: 'response',
          request_id: id,
          status: statusCode,
          complete: response.complete,
          headers: fields.map(([name, value]) => [name, masking.text(value)]),
          bytes,
          body: text,
        });
      });
      return (chunk) => {
        if (bytes < kept) chunks.push(chunk);
        bytes += chunk.length;
      };
    };
  };
}

function pairs(fields: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let index = 0; index < fields.length; index += 2) list.push([fields[index] ?? '', fields[index + 1] ?? '']);
  return list;
}

/** The text of a body or of its beginning; of bytes that are no text, how many there are. */
function unpacked(body: Buffer, coding = ''): string {
  let plain: Buffer;
  try {
    plain = unpack(body, coding.trim().toLowerCase());
  } catch {
    return `[${body.length} bytes, not readable as ${coding}]`;
  }
  const text = plain.toString();
  // A cut may split one character; more than that is no text.
  return text.includes('\0') || text.slice(0, -1).includes('\ufffd') ? `[${plain.length} bytes]` : text;
}

function unpack(body: Buffer, coding: string): Buffer {
  const limits = { maxOutputLength: largestUnpacked };
  const partial = { ...limits, finishFlush: constants.Z_SYNC_FLUSH };
  if (body.length === 0 || coding === '' || coding === 'identity') return body;
  if (coding === 'gzip' || coding === 'x-gzip') return gunzipSync(body, partial);
  if (coding === 'deflate') return inflateSync(body, partial);
  if (coding === 'br') return brotliDecompressSync(body, { ...limits, finishFlush: constants.BROTLI_OPERATION_FLUSH });
  if (coding === 'zstd') return zstd(body, limits);
  throw new Error('not a coding that Node unpacks');
}

/** Node has zstd from 22.15 on. */
function zstd(body: Buffer, limits: { maxOutputLength: number }): Buffer {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (data: Buffer, options: object) => Buffer };
  if (!zstdDecompressSync) throw new Error('this Node has no zstd');
  return zstdDecompressSync(body, limits);
}
