import type { ClientRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type TLSSocket } from 'node:tls';
import { OriginAgent } from './agent';
import type { Configuration } from './configuration';
import { Failure, type Phase } from './failure';
import { Nodes } from './nodes';
import type { OriginRequest } from './request';

/** Bytes of an answer's header fields that are read at most: more than the gateway lets through, so that its own limit is named. */
const largestHeaders = 32 * 1024;
/** Milliseconds for a connection while another node could be asked: two nodes that are away cost less than a second. */
const impatience = 400;

/** A request under way, and how far its connection has come. */
export interface OriginConnection {
  readonly request: ClientRequest;
  readonly address: string;
  phase: Phase;
  /** Whether the request went over a kept connection of which not one byte of it has left. */
  nothingSent(): boolean;
}

/** The servers behind the gateway. Nothing in a request has a say in where it goes: address, port and name come from here. */
export class Origin {
  readonly nodes: Nodes;
  private kept: OriginAgent | undefined;

  constructor(private readonly configuration: Configuration) {
    this.nodes = new Nodes(configuration.addresses);
  }

  /** Whether the next request would go over a kept connection. Ends those that have lain too long. */
  hasKeptConnection(): boolean {
    this.kept?.dropIdle();
    return this.kept?.hasIdle() ?? false;
  }

  /** Ends all idle connections: for a retry, which has to go over a new one. */
  dropKeptConnections(): void {
    this.kept?.dropIdle(true);
  }

  /**
   * Sends a request to a node. Errors arrive as the request's `error` event. Throws what Node throws for what it can't write.
   *
   * @param last whether no other node is left to ask, so that this one is given all the time there is to connect
   */
  open({ method, target, headers, body }: OriginRequest, address: string, last: boolean): OriginConnection {
    const request = httpsRequest({
      agent: this.agent(),
      host: address,
      port: this.configuration.port,
      method,
      path: target,
      headers,
      maxHeaderSize: largestHeaders,
    });
    request.maxHeadersCount = 0; // no limit but the size: further fields would be left out without a word
    let sentBefore = -1;
    const connection: OriginConnection = {
      request,
      address,
      phase: 'connecting',
      nothingSent: () => request.socket?.bytesWritten === sentBefore,
    };
    request.once('socket', (socket) => {
      if (request.reusedSocket) {
        connection.phase = 'open';
        sentBefore = socket.bytesWritten;
      } else this.watch(socket as TLSSocket, connection, last);
    });
    request.end(body);
    return connection;
  }

  /** Whether a node completes a handshake at this moment. */
  takesConnections(address: string): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ ...this.agent().options, host: address, port: this.configuration.port });
      const end = (there: boolean) => {
        clearTimeout(timer);
        socket.destroy();
        resolve(there);
      };
      const timer = setTimeout(end, impatience, false);
      socket.once('secureConnect', () => end(true));
      socket.once('error', () => end(false));
    });
  }

  /** Made with the first request: Node 20 needs 20 ms of processor time for a first certificate, which no start waits for. */
  private agent(): OriginAgent {
    if (this.kept) return this.kept;
    const { ca, serverName } = this.configuration;
    this.kept = new OriginAgent({
      keepAlive: true,
      maxFreeSockets: 8,
      noDelay: true,
      secureContext: createSecureContext({ ca, minVersion: 'TLSv1.2' }),
      // Stated, since NODE_TLS_REJECT_UNAUTHORIZED would count otherwise.
      rejectUnauthorized: true,
      // An address can't stand in the handshake (RFC 6066), but a certificate may carry one.
      servername: isIP(serverName) ? '' : serverName,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
    });
    return this.kept;
  }

  /** Gives a new connection its deadline. */
  private watch(socket: TLSSocket, connection: OriginConnection, last: boolean): void {
    const most = this.configuration.connectTimeout;
    const connectTimeout = last ? most : Math.min(most, impatience);
    const timer = setTimeout(() => {
      const detail = connection.phase === 'connecting' ? 'no connection' : 'no TLS handshake';
      connection.request.destroy(new Failure('origin_unreachable', `${detail} within ${connectTimeout} ms`));
    }, connectTimeout);
    socket.once('connect', () => {
      connection.phase = 'securing';
    });
    socket.once('secureConnect', () => {
      connection.phase = 'open';
      clearTimeout(timer);
    });
    socket.once('close', () => clearTimeout(timer));
  }
}
