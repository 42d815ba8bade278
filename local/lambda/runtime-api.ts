import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable, Transform } from 'node:stream';
import { FunctionError } from './function-error';

/** What a runtime is told about an invocation. */
export interface Invocation {
  readonly requestId: string;
  readonly functionArn: string;
  /** When it has to be over, in milliseconds since 1970. */
  readonly deadline: number;
  readonly traceId?: string;
  /** The event, as JSON. */
  readonly payload: Buffer;
}

/** Bytes of a buffered response, and of an event: 6 MB and a little for what is around them. */
export const payloadLimit = 6_291_556;
/** Bytes of a streamed response. */
const streamLimit = 200 * 1024 * 1024;

interface Running {
  readonly requestId: string;
  readonly resolve: (body: Readable) => void;
  readonly reject: (error: Error) => void;
  abandoned: boolean;
}

/**
 * The server that a Lambda runtime talks to, for one sandbox.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  private readonly server: Server;
  private waiting: ServerResponse | undefined;
  private running: Running | undefined;

  /**
   * @param asked the runtime asks for the next invocation: it is ready, and done with the one before.
   * @param failedInit the runtime could not load the function.
   */
  constructor(
    private readonly asked: () => void,
    private readonly failedInit: (error: FunctionError) => void,
  ) {
    this.server = createServer({ requestTimeout: 0, headersTimeout: 0 }, (request, response) =>
      this.route(request, response),
    );
    this.server.keepAliveTimeout = 0;
  }

  /** @returns the address, as the environment variable AWS_LAMBDA_RUNTIME_API carries it. */
  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /**
   * Hands an invocation to the runtime, which has to be waiting for one.
   *
   * @returns the response as it comes, which ends in a FunctionError where the function fails on the way. Who destroys it closes
   *   the connection that the function writes to. So does the signal, also where the response has not begun.
   * @throws FunctionError
   */
  invoke(invocation: Invocation, signal?: AbortSignal): Promise<Readable> {
    const { waiting } = this;
    if (waiting === undefined) throw new Error('the runtime is not waiting for an invocation');
    this.waiting = undefined;
    return new Promise((resolve, reject) => {
      const running: Running = { requestId: invocation.requestId, resolve, reject, abandoned: false };
      this.running = running;
      const abandon = () => {
        running.abandoned = true;
        reject(signal?.reason);
      };
      if (signal?.aborted) abandon();
      signal?.addEventListener('abort', abandon, { once: true });
      waiting.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': invocation.payload.length,
        'Lambda-Runtime-Aws-Request-Id': invocation.requestId,
        'Lambda-Runtime-Deadline-Ms': invocation.deadline,
        'Lambda-Runtime-Invoked-Function-Arn': invocation.functionArn,
        ...(invocation.traceId === undefined ? {} : { 'Lambda-Runtime-Trace-Id': invocation.traceId }),
      });
      waiting.end(invocation.payload);
    });
  }

  /** Ends the running invocation, if there is one whose response has not begun. */
  fail(error: FunctionError): void {
    this.running?.reject(error);
    this.running = undefined;
  }

  private route(request: IncomingMessage, response: ServerResponse): void {
    const [, id, kind] = /^\/2018-06-01\/runtime\/(?:invocation\/)?([^/]+)(?:\/(\w+))?$/.exec(request.url ?? '') ?? [];
    if (request.method === 'GET' && id === 'next') {
      this.waiting = response;
      this.asked();
    } else if (id === 'init' && kind === 'error') {
      this.takeError(request, response, this.failedInit);
    } else if (this.running === undefined || id !== this.running.requestId) {
      request.resume();
      response.writeHead(400).end();
    } else if (kind === 'error') {
      const { reject } = this.running;
      this.takeError(request, response, reject);
    } else if (request.headers['lambda-runtime-function-response-mode'] === 'streaming') {
      this.takeStream(request, response, this.running);
    } else {
      this.takeResponse(request, response, this.running);
    }
  }

  private takeError(request: IncomingMessage, response: ServerResponse, tell: (error: FunctionError) => void): void {
    gather(request).then(({ body }) => {
      const type = String(request.headers['lambda-runtime-function-error-type'] ?? 'Unhandled');
      tell(new FunctionError(type, errorMessage(body.toString())));
      response.writeHead(202).end();
    }, tell);
  }

  private takeResponse(request: IncomingMessage, response: ServerResponse, { resolve, reject }: Running): void {
    gather(request).then(({ body, size }) => {
      if (size > payloadLimit) {
        response.writeHead(413).end();
        const text = `Response payload size exceeded maximum allowed payload size (${payloadLimit} bytes).`;
        reject(new FunctionError('Function.ResponseSizeTooLarge', text));
        return;
      }
      response.writeHead(202).end();
      resolve(Readable.from([body], { objectMode: false }));
    }, reject);
  }

  private takeStream(request: IncomingMessage, response: ServerResponse, running: Running): void {
    if (running.abandoned) {
      request.destroy();
      return;
    }
    let size = 0;
    const body = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size <= streamLimit) done(null, chunk);
        else done(new FunctionError('Function.ResponseSizeTooLarge', `more than ${streamLimit} bytes were streamed`));
      },
      flush(done) {
        const { 'lambda-runtime-function-error-type': type, 'lambda-runtime-function-error-body': text } =
          request.trailers;
        if (type === undefined) done();
        else done(new FunctionError(type, errorMessage(Buffer.from(text ?? '', 'base64').toString())));
      },
    });
    const { socket } = request;
    pipeline(request, body, () => {
      if (request.complete) response.writeHead(202).end();
      else socket.destroy(); // pipeline leaves a server's connection open
    });
    running.resolve(body);
  }
}

/** All of a body, but no more than a little over what may be kept. */
async function gather(request: IncomingMessage): Promise<{ body: Buffer; size: number }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= payloadLimit) chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks), size };
}

function errorMessage(json: string): string {
  try {
    return String((JSON.parse(json) as { errorMessage?: unknown }).errorMessage);
  } catch {
    return json;
  }
}
