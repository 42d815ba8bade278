import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type TlsOptions } from 'node:tls';
import * as buffering from '../../../lambda-src/forwarder/buffered';
import type { Configuration } from '../../../lambda-src/forwarder/configuration';
import type { GatewayEvent, InvocationContext } from '../../../lambda-src/forwarder/event';
import * as forwarding from '../../../lambda-src/forwarder/forwarder';
import * as logging from '../../../lambda-src/forwarder/log';
import * as streams from '../../../lambda-src/forwarder/streaming';
import { type CertificateAuthority, makeCertificateAuthority, type ServerCertificate } from '../../certificates';
import { type Answer, bufferedAnswer, StandInResponseStream } from './response-stream';

/** The name that the origin's certificate has to carry. */
export const serverName = 'search.searchgate.internal';

/** The modes of a forwarder. What holds for one holds for the other, unless a test says so. */
export const modes = ['streaming', 'buffered'] as const;
export type Mode = (typeof modes)[number];

/** Where a server listens: on 127.0.0.1 and any port, unless told otherwise. */
export interface Place {
  address?: string;
  port?: number;
}

/** A server to forward to. */
export interface TestOrigin {
  port: number;
  /** How many connections it has seen. */
  connections(): number;
  close(): Promise<void>;
}

/** A request as an origin saw it: target and header fields as on the wire (latin1), the body in base64. */
export interface Echo {
  method: string | undefined;
  target: string | undefined;
  headers: [string, string][];
  body: string;
}

/** A forwarder under test. */
export interface TestForwarder {
  streaming(event: GatewayEvent, out: StandInResponseStream, context?: InvocationContext): Promise<void>;
  buffered(event: GatewayEvent, context?: InvocationContext): Promise<object>;
  /** Sends an event in a mode and reads the answer as API Gateway does. */
  send(mode: Mode, event: GatewayEvent, context?: InvocationContext): Promise<Answer>;
  /** The log so far, and afterwards an empty one. */
  takeLog(): LogLine[];
}

export interface LogLine {
  level: string;
  event: string;
  request_id: string;
  service: string;
  [field: string]: unknown;
}

/** What a forwarder is put together from. */
export type Implementation = Pick<typeof forwarding, 'Forwarder'> &
  Pick<typeof logging, 'makeLog'> &
  Pick<typeof streams, 'streamingHandler'> &
  Pick<typeof buffering, 'bufferedHandler'>;

const ours: Implementation = { ...forwarding, ...logging, ...streams, ...buffering };

/** Certificates and servers of one test file. */
export class Rig {
  private readonly servers = new Set<TestOrigin>();
  /** The forwarder that is put to the test: this project's, unless a fault is planted in it. */
  implementation = ours;

  private constructor(
    readonly authority: CertificateAuthority,
    readonly leaf: ServerCertificate,
  ) {}

  static start(): Rig {
    const authority = makeCertificateAuthority();
    return new Rig(authority, authority.issue([serverName]));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.servers].map((server) => server.close()));
    this.authority.remove();
  }

  /** An HTTPS server. */
  https(listener: RequestListener, options: TlsOptions = {}, place?: Place): Promise<TestOrigin> {
    const server = createHttpsServer({ ...this.identity(), maxHeaderSize: 65_536, ...options }, listener);
    server.keepAliveTimeout = 60_000;
    return this.listen(server, place);
  }

  /**
   * A server that speaks TLS, and then what the test says: for what no HTTP server would send.
   *
   * @param connected gets the TCP socket below too, which can be reset.
   */
  tls(
    connected: (socket: Socket, below: Socket) => void,
    options: TlsOptions = {},
    place?: Place,
  ): Promise<TestOrigin> {
    const secureContext = createSecureContext({ ...this.identity(), ...options });
    return this.tcp((below) => {
      const socket = new TLSSocket(below, { isServer: true, secureContext });
      socket.on('error', () => undefined);
      socket.once('secure', () => connected(socket, below));
    }, place);
  }

  /** A TLS server that sends these bytes as soon as a request begins, and then does as told. */
  answering(bytes: string | Buffer, then: (socket: Socket) => void = () => undefined): Promise<TestOrigin> {
    return this.tls((socket) => socket.once('data', () => socket.write(bytes, 'latin1', () => then(socket))));
  }

  /** A server that speaks TCP, and then what the test says. */
  tcp(connected: (socket: Socket) => void, place?: Place): Promise<TestOrigin> {
    const guarded = (socket: Socket) => {
      socket.on('error', () => undefined);
      connected(socket);
    };
    return this.listen(createTcpServer({ noDelay: true }, guarded), place);
  }

  /** A port that nobody listens on. */
  async closedPort(): Promise<number> {
    const { port, close } = await this.tcp(() => undefined);
    await close();
    return port;
  }

  /** An HTTPS server that answers with the request as it came: see `Echo`. */
  echo(): Promise<TestOrigin> {
    return this.https((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url: target, rawHeaders } = request;
        const headers: [string, string][] = [];
        for (let index = 0; index < rawHeaders.length; index += 2) {
          headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
        }
        const echo: Echo = { method, target, headers, body: Buffer.concat(chunks).toString('base64') };
        response.setHeader('content-type', 'application/json').end(JSON.stringify(echo));
      });
    });
  }

  /** Sends an event to an echo and gives what that saw. */
  async seen(forwarder: TestForwarder, mode: Mode, event: GatewayEvent): Promise<Echo> {
    const { status, body } = await forwarder.send(mode, event);
    if (status !== 200) throw new Error(`answered ${status}: ${body}`);
    return JSON.parse(body.toString());
  }

  forwarder(port: number, configuration: Partial<Configuration> = {}): TestForwarder {
    const lines: LogLine[] = [];
    const complete: Configuration = {
      service: 'search',
      addresses: ['127.0.0.1'],
      port,
      serverName,
      ca: this.authority.certificate,
      connectTimeout: 1000,
      debug: false,
      ...configuration,
    };
    const { Forwarder, makeLog, streamingHandler, bufferedHandler } = this.implementation;
    const forwarder = new Forwarder(
      complete,
      makeLog('search', (line) => lines.push(JSON.parse(line))),
    );
    const streaming = streamingHandler(forwarder);
    const buffered = bufferedHandler(forwarder);
    const unhurried = { awsRequestId: 'invocation', getRemainingTimeInMillis: () => 30_000 };
    return {
      streaming: (event, out, context = unhurried) => streaming(event, out, context),
      buffered: (event, context = unhurried) => buffered(event, context),
      async send(mode, event, context = unhurried) {
        if (mode === 'buffered') return bufferedAnswer(await buffered(event, context));
        const out = new StandInResponseStream();
        await streaming(event, out, context);
        return out.answer();
      },
      takeLog: () => lines.splice(0),
    };
  }

  private identity(): TlsOptions {
    return { cert: this.leaf.certificate, key: this.leaf.key };
  }

  private async listen(server: Server, { address = '127.0.0.1', port = 0 }: Place = {}): Promise<TestOrigin> {
    const sockets = new Set<Socket>();
    let connections = 0;
    server.on('connection', (socket: Socket) => {
      connections += 1;
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.on('tlsClientError', () => undefined);
    server.listen(port, address);
    await once(server, 'listening');
    const origin: TestOrigin = {
      port: (server.address() as AddressInfo).port,
      connections: () => connections,
      close: async () => {
        if (!this.servers.delete(origin)) return;
        const closed = once(server, 'close');
        server.close();
        for (const socket of sockets) socket.destroy();
        await closed;
      },
    };
    this.servers.add(origin);
    return origin;
  }
}

/** Stops this process's event loop, as Lambda stops a process between two invocations. */
export function freeze(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
