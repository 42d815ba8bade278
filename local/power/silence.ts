import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Takes a port and says nothing on it, as an address in a VPC whose host is switched off: there nobody refuses either. A port of
 * this machine that nobody listens on would refuse, and who refuses is there.
 *
 * When it ends the port is free, and who waits on it waits on, as for an answer that was lost.
 */
export async function keepSilent(port: number, address = '127.0.0.1'): Promise<{ end(): void }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
  });
  server.listen(port, address);
  await once(server, 'listening');
  return { end: () => void server.close() };
}
