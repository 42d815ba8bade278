/* A peer: the whole answer is gathered, and goes to the gateway as base64 in JSON. */
import { Agent, request } from 'node:https';

type Event = { httpMethod: string; path: string; multiValueHeaders: Record<string, string[]>; body: string | null };

const { ORIGIN_ADDRESSES: host, ORIGIN_PORT: port, ORIGIN_SERVER_NAME: servername, ORIGIN_CA: ca } = process.env;
const agent = new Agent({ keepAlive: true, ca, servername });

export const buffered = ({ httpMethod: method, path, multiValueHeaders: headers, body }: Event) =>
  new Promise((resolve, reject) => {
    const outgoing = request({ agent, host, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          statusCode: response.statusCode,
          multiValueHeaders: response.headersDistinct,
          body: Buffer.concat(chunks).toString('base64'),
          isBase64Encoded: true,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body === null ? undefined : Buffer.from(body, 'base64'));
  });
