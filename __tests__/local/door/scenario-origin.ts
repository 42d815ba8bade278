import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { echoRequest } from '../../../local/origins/echo';
import { type Origin, type OriginOptions, startOrigin } from '../../../local/origins/origin-server';

export const gzipped = gzipSync('größer '.repeat(100));
export const largeSize = 20 * 1024 * 1024;

/** Paths that answer in their own way; all others are echoed. */
const scenarios: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/_cookies': (_request, response) => {
    response.setHeader('Set-Cookie', ['sid=1; Path=/; HttpOnly', 'seen=2; Expires=Wed, 25 Nov 2026 00:00:00 GMT']);
    response.end('two');
  },
  '/_etag': (_request, response) => response.writeHead(304, { ETag: '"1"', 'Cache-Control': 'no-cache' }).end(),
  '/_deleted': (_request, response) => response.writeHead(204, { 'X-Kept': 'yes' }).end(),
  '/_missing': (_request, response) => {
    const body = '{"_index":"index","_id":"1","found":false}';
    response.writeHead(404, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.end(body);
  },
  '/_gzip': (_request, response) =>
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }).end(gzipped),
  '/_login': (_request, response) => {
    response.writeHead(401, { 'WWW-Authenticate': 'ApiKey', 'Content-Type': 'application/json' }).end('{"status":401}');
  },
  '/_large': (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let left = largeSize;
    const more = () => {
      while (left > 0) {
        left -= chunk.length;
        if (!response.write(chunk)) return;
      }
      response.end();
    };
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).on('drain', more);
    more();
  },
  '/_silent': () => undefined,
};

/** An origin that answers as an Elasticsearch may: cookies, 304, gzip, 20 MB, never. */
export function startScenarioOrigin(options: OriginOptions): Promise<Origin> {
  return startOrigin((request, response) => {
    const scenario = scenarios[request.url ?? ''] ?? echoRequest;
    scenario(request, response);
  }, options);
}
