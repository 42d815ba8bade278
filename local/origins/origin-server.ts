import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface OriginOptions {
  /** PEM. @default no TLS */
  readonly certificate?: string;
  /** PEM. */
  readonly key?: string;
  /** @default any that is free */
  readonly port?: number;
  /** @default 127.0.0.1 */
  readonly address?: string;
}

/** A server that stands in for the one behind a door. */
export interface Origin {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** Ends the server and every connection. */
  close(): Promise<void>;
}

/** @throws where the port is taken, or certificate and key do not fit together */
export async function startOrigin(listener: RequestListener, options: OriginOptions): Promise<Origin> {
  const { certificate, key, port = 0, address = '127.0.0.1' } = options;
  const limits = { maxHeaderSize: 128 * 1024, requestTimeout: 0, keepAliveTimeout: 60_000 };
  const server =
    certificate === undefined
      ? createHttpServer(limits, listener)
      : createHttpsServer({ ...limits, cert: certificate, key }, listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, address);
  await once(server, 'listening');
  const actual = (server.address() as AddressInfo).port;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${address}:${actual}`,
    address,
    port: actual,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
