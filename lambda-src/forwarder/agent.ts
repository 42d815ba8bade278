import type { ClientRequest } from 'node:http';
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';

/**
 * Milliseconds that a kept connection may lie idle, by the wall clock: it goes on while Lambda has frozen the process, when
 * both ends may drop the connection without a word. A new one costs a resumed TLS handshake, some 2 ms.
 */
const longestIdle = 5_000;

/** Keeps connections alive, but none that has lain too long or that spoke out of turn. */
export class OriginAgent extends Agent {
  private readonly idleSince = new WeakMap<Duplex, number>();

  /** The answer that nobody asked for could otherwise be read as the next request's: not every Node in use ends such a connection. */
  private readonly spokeOutOfTurn = function (this: Duplex): void {
    this.destroy();
  };

  override keepSocketAlive(socket: Duplex): boolean {
    this.idleSince.set(socket, Date.now());
    socket.on('data', this.spokeOutOfTurn);
    // A boolean, whatever Node's type definitions say: false ends the connection.
    return super.keepSocketAlive(socket) as unknown as boolean;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    socket.removeListener('data', this.spokeOutOfTurn);
    super.reuseSocket(socket, request);
  }

  hasIdle(): boolean {
    return Object.keys(this.freeSockets).length > 0;
  }

  /** Ends idle connections: those that have lain too long, or all. */
  dropIdle(all = false): void {
    const oldest = Date.now() - longestIdle;
    for (const socket of Object.values(this.freeSockets).flatMap((sockets) => sockets ?? [])) {
      if (all || (this.idleSince.get(socket) ?? 0) < oldest) socket.destroy();
    }
  }
}
