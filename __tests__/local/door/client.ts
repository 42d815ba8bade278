import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';

export interface ClientRequest {
  method?: string;
  /** As it goes on the wire. */
  path?: string;
  headers?: OutgoingHttpHeaders | readonly string[];
  body?: string | Buffer;
  /** The client's own address. 127.0.0.2 is a stranger. */
  from?: string;
}

/** An answer as it came, nothing unpacked or merged. */
export class Answer {
  constructor(
    readonly status: number,
    readonly headers: readonly (readonly [string, string])[],
    readonly body: Buffer,
  ) {}

  /** The values of a header, each by itself. */
  all(wanted: string): string[] {
    return this.headers.filter(([name]) => name.toLowerCase() === wanted.toLowerCase()).map(([, value]) => value);
  }

  header(wanted: string): string | undefined {
    return this.all(wanted)[0];
  }

  get text(): string {
    return this.body.toString();
  }

  // biome-ignore lint/suspicious/noExplicitAny: bodies are looked at, not worked with
  get json(): any {
    return JSON.parse(this.text);
  }
}

/** Sends a request to a door and reads the answer to its end. @throws where the answer breaks off */
export async function send(port: number, wanted: ClientRequest = {}): Promise<Answer> {
  const response = await begin(port, wanted);
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const { rawHeaders } = response;
  const headers = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
  );
  return new Answer(response.statusCode ?? 0, headers, Buffer.concat(chunks));
}

/** Sends a request and gives the answer as it begins. */
export async function begin(port: number, wanted: ClientRequest = {}): Promise<IncomingMessage> {
  const { method = 'GET', path = '/', headers = {}, body, from = '127.0.0.1' } = wanted;
  // Node gives a body no length by itself where the method usually has none.
  const length = body === undefined || Array.isArray(headers) ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const chunked = 'Transfer-Encoding' in headers;
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: Array.isArray(headers) ? headers : { ...headers, ...(chunked ? {} : length) },
    localAddress: from,
    agent: false,
  });
  // A server may answer and leave before it has read all of a body.
  request.on('error', () => undefined);
  request.end(body);
  return Promise.race([
    once(request, 'response').then(([response]) => response as IncomingMessage),
    once(request, 'close').then(() => Promise.reject(new Error('the connection was closed without an answer'))),
  ]);
}
