import { once } from 'node:events';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { CertificateAuthority } from '../../certificates';
import { type Server, serverName } from './test-bed';

/** A request as it goes on the wire: nothing is added but what a length or chunks need. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly fields?: readonly (readonly [string, string])[];
  readonly body?: Buffer;
  /** Send the body in chunks of this many bytes, without a length. */
  readonly chunk?: number;
}

/** An answer as it came: nothing unpacked, merged or sorted. */
export interface WireAnswer {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly trailers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** One of the two ways to a server. */
export interface Line {
  send(request: WireRequest): Promise<WireAnswer>;
  close(): void;
}

/** Straight to the server, over TLS. */
export function directLine({ address, port }: Server, authority: CertificateAuthority, host: string): Line {
  const agent = new HttpsAgent({ keepAlive: true, ca: authority.certificate, servername: serverName });
  return line(agent, host, (options) => httpsRequest({ ...options, host: address, port }));
}

/** Through a door. */
export function doorLine(door: { port: number }, host: string): Line {
  const agent = new HttpAgent({ keepAlive: true });
  return line(agent, host, (options) => httpRequest({ ...options, host: '127.0.0.1', port: door.port }));
}

type Options = { agent: HttpAgent; method: string; path: string; headers: string[] };

function line(agent: HttpAgent, host: string, open: (options: Options) => ClientRequest): Line {
  return {
    async send({ method, target, fields = [], body, chunk }) {
      const framing: [string, string][] =
        chunk !== undefined
          ? [['Transfer-Encoding', 'chunked']]
          : body === undefined
            ? []
            : [['Content-Length', `${body.length}`]];
      const headers = [['Host', host], ...fields, ...framing].flat() as string[];
      const request = open({ agent, method, path: target, headers });
      request.maxHeadersCount = 0;
      for (let at = 0; chunk !== undefined && body !== undefined && at < body.length; at += chunk) {
        request.write(body.subarray(at, at + chunk));
      }
      request.end(chunk === undefined ? body : undefined);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const data of response as AsyncIterable<Buffer>) chunks.push(data);
      return {
        status: response.statusCode ?? 0,
        reason: response.statusMessage ?? '',
        fields: pairs(response.rawHeaders),
        trailers: pairs(response.rawTrailers),
        body: Buffer.concat(chunks),
      };
    },
    close: () => agent.destroy(),
  };
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : []));
}
