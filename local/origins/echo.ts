import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Origin, type OriginOptions, startOrigin } from './origin-server';

/** A request as it arrived, byte for byte: text fields are latin1, one character a byte. */
export interface Echo {
  /** Says what answers here, so that nobody takes it for a search engine. */
  readonly stand_in: string;
  readonly method: string;
  readonly target: string;
  readonly http_version: string;
  /** Name and value pairs in order and in their own case. */
  readonly headers: readonly (readonly [string, string])[];
  readonly trailers: readonly (readonly [string, string])[];
  /** Base64. */
  readonly body: string;
  readonly body_bytes: number;
}

const standIn = 'echo: no Elasticsearch runs here, this repeats the request that came';

/** Starts a server that answers every request with that request. */
export function startEchoOrigin(options: OriginOptions = {}): Promise<Origin> {
  return startOrigin(echoRequest, options);
}

/** Answers a request with itself. */
export function echoRequest(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const echo: Echo = {
      stand_in: standIn,
      method: request.method ?? '',
      target: request.url ?? '',
      http_version: request.httpVersion,
      headers: paired(request.rawHeaders),
      trailers: paired(request.rawTrailers),
      body: body.toString('base64'),
      body_bytes: body.length,
    };
    const answer = Buffer.from(`${JSON.stringify(echo, undefined, 1)}\n`);
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': answer.length,
      'X-Stand-In': 'echo',
    });
    response.end(answer);
  });
}

function paired(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
  return pairs;
}
