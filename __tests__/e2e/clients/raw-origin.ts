import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { ServerCertificate } from '../../certificates';
import type { Server } from './test-bed';

/** A request as its bytes came: text is latin1, one character a byte. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  /** Taken out of its chunks. */
  readonly body: Buffer;
}

/** Bytes from the status line on, written a turn apart, and whether the connection ends behind them. */
export interface RawAnswer {
  readonly pieces: readonly Buffer[];
  readonly ends?: boolean;
}

/** An origin that keeps the requests that it gets as they are on the wire, and answers with bytes that the test wrote. */
export interface RawOrigin extends Server {
  /** Requests since the last call. */
  taken(): RawRequest[];
  close(): Promise<void>;
}

export async function startRawOrigin(
  { certificate, key }: ServerCertificate,
  answer: (request: RawRequest) => RawAnswer,
): Promise<RawOrigin> {
  let taken: RawRequest[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: certificate, key, ALPNProtocols: ['http/1.1'] }, (socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // a client that leaves
    let waiting = Buffer.alloc(0);
    socket.on('data', async (data: Buffer) => {
      waiting = Buffer.concat([waiting, data]);
      const read = readRequest(waiting);
      if (read === undefined) return;
      waiting = waiting.subarray(read.length);
      taken.push(read.request);
      const { pieces, ends = false } = answer(read.request);
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (ends) socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    taken: () => {
      const all = taken;
      taken = [];
      return all;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The first request of what has come, with its length in bytes; undefined while it is not all there. */
function readRequest(bytes: Buffer): { request: RawRequest; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [, method = '', target = ''] = /^(\S+) (.*) HTTP\/1\.1$/.exec(line) ?? [];
  const fields = lines.map((text) => {
    const colon = text.indexOf(':');
    return [text.slice(0, colon), text.slice(colon + 1).trim()] as const;
  });
  const value = (wanted: string) => fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const rest = bytes.subarray(end + 4);
  const whole = value('transfer-encoding') ? unchunked(rest) : ofLength(rest, Number(value('content-length') ?? 0));
  return whole && { request: { method, target, fields, body: whole.body }, length: end + 4 + whole.length };
}

function ofLength(bytes: Buffer, length: number): { body: Buffer; length: number } | undefined {
  return bytes.length < length ? undefined : { body: bytes.subarray(0, length), length };
}

function unchunked(bytes: Buffer): { body: Buffer; length: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (size === 0) {
      // Trailers, if any, end in an empty line.
      const last =
        bytes.subarray(line, line + 4).toString('latin1') === '\r\n\r\n' ? line : bytes.indexOf('\r\n\r\n', line);
      return last < 0 ? undefined : { body: Buffer.concat(chunks), length: last + 4 };
    }
    const begin = line + 2;
    if (bytes.length < begin + size + 2) return undefined;
    chunks.push(bytes.subarray(begin, begin + size));
    at = begin + size + 2;
  }
}
