/*
 * The floor: as little as a handler can do that streams from an HTTPS origin. It forwards no query, drops no field, survives no
 * fault; nothing that forwards can cost less than this by much.
 */
import { Agent, request } from 'node:https';
import { pipeline, type Writable } from 'node:stream';

declare const awslambda: {
  streamifyResponse(handler: unknown): unknown;
  HttpResponseStream: { from(out: Writable, prelude: object): Writable };
};
type Event = { httpMethod: string; path: string; multiValueHeaders: Record<string, string[]>; body: string | null };

const { ORIGIN_ADDRESSES: host, ORIGIN_PORT: port, ORIGIN_SERVER_NAME: servername, ORIGIN_CA: ca } = process.env;
const agent = new Agent({ keepAlive: true, ca, servername });

export const streaming = awslambda.streamifyResponse(
  ({ httpMethod: method, path, multiValueHeaders: headers, body }: Event, out: Writable) =>
    new Promise<void>((resolve, reject) => {
      const outgoing = request({ agent, host, port, method, path, headers }, (response) => {
        const { statusCode, headers } = response;
        const stream = awslambda.HttpResponseStream.from(out, { statusCode, headers });
        pipeline(response, stream, (error) => (error ? reject(error) : resolve()));
      });
      outgoing.on('error', reject);
      outgoing.end(body === null ? undefined : Buffer.from(body, 'base64'));
    }),
);
