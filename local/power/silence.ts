import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/**
 * Takes a port and says nothing on it, as an address in a VPC whose host is switched off: there nobody refuses either. A port of
 * this machine that nobody listens on would refuse, and who refuses is there.
 */
export async function keepSilent(port: number): Promise<{ end(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    end: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
