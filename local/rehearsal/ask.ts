import { type IncomingHttpHeaders, request } from 'node:http';

export interface Question {
  method?: string;
  /** Sent as it is, percent-encoding included. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The address that the request comes from. */
  from?: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Sends one request as it is written, without redirects, decompression or normalising. */
export function ask(url: string, { method = 'GET', path, headers = {}, body, from }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const length: Record<string, number> = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const asked = request(
      {
        hostname,
        port,
        method,
        path,
        headers: { ...headers, ...length },
        localAddress: from,
        agent: false,
        timeout: 60_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`no answer to ${method} ${path} within 60 s`)));
    asked.on('error', reject);
    asked.end(body);
  });
}
