import { setTimeout as wait } from 'node:timers/promises';
import type { InvocationContext } from '../../../lambda-src/forwarder/event';
import { makeCertificateAuthority } from '../../certificates';
import { describeWith } from '../../requirements';
import { gatewayEvent } from './events';
import { freeze, modes, Rig, serverName, type TestForwarder, type TestOrigin } from './rig';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A context of a function that has so many milliseconds left. */
const timeLeft = (milliseconds: number): InvocationContext => {
  const end = Date.now() + milliseconds;
  return { getRemainingTimeInMillis: () => end - Date.now() };
};

describeWith(['openssl'], 'an origin that fails', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = Rig.start();
  });
  afterAll(() => rig.stop());

  interface Fault {
    origin: (rig: Rig) => Promise<{ port: number; address?: string }>;
    status: number;
    type: string;
    code?: string;
    retryAfter?: string;
  }

  const otherCertificate = (expired: boolean, ...names: [string, ...string[]]) => {
    const { certificate: cert, key } = rig.authority.issue(names, { expired });
    return rig.tls((socket) => socket.end(ok), { cert, key });
  };

  const faults: Record<string, Fault> = {
    'refuses the connection': {
      origin: async () => ({ port: await rig.closedPort() }),
      ...{ status: 503, type: 'origin_unreachable', code: 'ECONNREFUSED', retryAfter: '10' },
    },
    'has an address that nobody answers at': {
      origin: async () => ({ port: 9200, address: '192.0.2.1' }), // kept for documentation (RFC 5737)
      ...{ status: 503, type: 'origin_unreachable', retryAfter: '10' },
    },
    'accepts the connection and says nothing': {
      origin: () => rig.tcp(() => undefined),
      ...{ status: 503, type: 'origin_unreachable', retryAfter: '10' },
    },
    'closes the connection before the handshake': {
      origin: () => rig.tcp((socket) => socket.destroy()),
      ...{ status: 502, type: 'origin_reset', code: 'ECONNRESET' },
    },
    'speaks HTTP without TLS': {
      origin: () => rig.tcp((socket) => socket.end(ok)),
      ...{ status: 502, type: 'origin_tls_failed' },
    },
    'has a certificate of another authority': {
      origin: async () => {
        const stranger = makeCertificateAuthority();
        const { certificate: cert, key } = stranger.issue([serverName]);
        stranger.remove();
        return rig.tls((socket) => socket.end(ok), { cert, key });
      },
      ...{ status: 502, type: 'origin_tls_failed', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    },
    'has a certificate for another name': {
      origin: () => otherCertificate(false, 'kibana.searchgate.internal', '127.0.0.1', 'search.example.com'),
      ...{ status: 502, type: 'origin_tls_failed', code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    },
    'has an expired certificate': {
      origin: () => otherCertificate(true, serverName),
      ...{ status: 502, type: 'origin_tls_failed', code: 'CERT_HAS_EXPIRED' },
    },
    'speaks only a TLS of old': {
      origin: () => rig.tls((socket) => socket.end(ok), { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }),
      ...{ status: 502, type: 'origin_tls_failed' },
    },
    'closes before an answer': {
      origin: () => rig.tls((socket) => socket.once('data', () => socket.end())),
      ...{ status: 502, type: 'origin_reset' },
    },
    'resets before an answer': {
      origin: () => rig.tls((socket, below) => socket.once('data', () => below.resetAndDestroy())),
      ...{ status: 502, type: 'origin_reset', code: 'ECONNRESET' },
    },
    'closes within the fields': {
      origin: () => rig.answering('HTTP/1.1 200 OK\r\nContent-Ty', (socket) => socket.end()),
      ...{ status: 502, type: 'origin_reset' },
    },
    'answers garbage': {
      origin: () => rig.answering('SSH-2.0-OpenSSH_9.6\r\n'),
      ...{ status: 502, type: 'origin_invalid_response', code: 'HPE_INVALID_CONSTANT' },
    },
    'answers HTTP/2': {
      origin: () => rig.answering(Buffer.from('00000604000000000000', 'hex')),
      ...{ status: 502, type: 'origin_invalid_response' },
    },
    'answers a flood of fields': {
      origin: () => rig.answering(`HTTP/1.1 200 OK\r\n${`X-Flood: ${'x'.repeat(1000)}\r\n`.repeat(100)}\r\n`),
      ...{ status: 502, type: 'response_headers_too_large', code: 'HPE_HEADER_OVERFLOW' },
    },
    'answers fields without end': {
      origin: () => rig.answering(`HTTP/1.1 200 OK\r\nX-Flood: ${'x'.repeat(1_000_000)}`),
      ...{ status: 502, type: 'response_headers_too_large' },
    },
    'answers more fields than the gateway lets through': {
      origin: () => rig.answering(`HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(21_000)}\r\nContent-Length: 0\r\n\r\n`),
      ...{ status: 502, type: 'response_headers_too_large' },
    },
    'answers a status that is none': {
      origin: () => rig.answering('HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'),
      ...{ status: 502, type: 'origin_invalid_response' },
    },
    'switches to another protocol': {
      origin: () => rig.answering('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      ...{ status: 502, type: 'origin_invalid_response' },
    },
  };

  describe.each(Object.entries(faults))('%s', (_name, { origin, status, type, code, retryAfter }) => {
    it.each(modes)('%s: gives an answer in the shape of Elasticsearch, and one line in the log', async (mode) => {
      const { port, address = '127.0.0.1' } = await origin(rig);
      const forwarder = rig.forwarder(port, { addresses: [address], connectTimeout: 300 });
      const began = Date.now();
      const answer = await forwarder.send(mode, gatewayEvent({ method: 'PUT', path: '/notes/_doc/1', body: '{}' }));
      expect(Date.now() - began).toBeLessThan(5_000); // a deadline of seconds, not of the function

      expect(answer.status).toBe(status);
      const { error, ...rest } = JSON.parse(answer.body.toString());
      const cause = { type, reason: expect.stringMatching(/\w/) };
      expect(error).toEqual({ root_cause: [cause], ...cause, request_id: gatewayEvent().requestContext?.requestId });
      expect(rest).toEqual({ status });
      expect(answer.headers).toEqual({
        'content-type': ['application/json'],
        'cache-control': ['no-store'],
        ...(retryAfter && { 'retry-after': [retryAfter] }),
      });
      // The client learns nothing of what lies behind.
      expect(answer.body.toString()).not.toMatch(/127\.0\.0\.1|192\.0\.2|internal|lambda|aws/i);

      expect(forwarder.takeLog()).toEqual([
        expect.objectContaining({
          level: 'ERROR',
          event: type,
          service: 'search',
          request_id: error.request_id,
          origin: `${address}:${port}`,
          status,
          ...(code && { code }),
        }),
      ]);
    });
  });

  it.each(modes)('%s: a HEAD is answered without a body', async (mode) => {
    const forwarder = rig.forwarder(await rig.closedPort());
    const answer = await forwarder.send(mode, gatewayEvent({ method: 'HEAD' }));
    expect([answer.status, answer.body.length]).toEqual([503, 0]);
  });

  describe('that takes its time', () => {
    it.each(modes)('%s: gives 504 before Lambda ends the function', async (mode) => {
      const origin = await rig.tls(() => undefined);
      const forwarder = rig.forwarder(origin.port);
      const context = timeLeft(800);
      const answer = await forwarder.send(mode, gatewayEvent(), context);
      expect(context.getRemainingTimeInMillis?.()).toBeGreaterThan(0);
      expect([answer.status, answer.headers['retry-after']]).toEqual([504, ['5']]);
      expect(JSON.parse(answer.body.toString()).error.type).toBe('origin_timeout');
      expect(forwarder.takeLog()).toMatchObject([{ event: 'origin_timeout' }]);
    });

    it.each(modes)('%s: is waited for longer than for a connection', async (mode) => {
      const origin = await rig.tls((socket) => socket.once('data', () => setTimeout(() => socket.end(ok), 300)));
      const answer = await rig.forwarder(origin.port, { connectTimeout: 150 }).send(mode, gatewayEvent());
      expect(answer.body.toString()).toBe('ok');
    });

    it('buffered: gives 504 where the body does not end', async () => {
      const origin = await rig.answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha');
      const answer = await rig.forwarder(origin.port).send('buffered', gatewayEvent(), timeLeft(700));
      expect(answer.status).toBe(504);
    });
  });

  it('buffered: that breaks off within the body gives an error, not half an answer', async () => {
    for (const half of ['Content-Length: 9\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n']) {
      const origin = await rig.answering(`HTTP/1.1 200 OK\r\n${half}`, (socket) => socket.end());
      const forwarder = rig.forwarder(origin.port);
      const answer = await forwarder.send('buffered', gatewayEvent());
      expect([answer.status, JSON.parse(answer.body.toString()).error.type]).toEqual([502, 'response_truncated']);
      expect(forwarder.takeLog()).toMatchObject([{ event: 'response_truncated' }]);
    }
  });

  describe('on a kept connection', () => {
    /** An origin that answers the first request of each of its first connections, and then does something else. */
    const souring = (sour: (below: Parameters<Parameters<Rig['tls']>[0]>[1]) => void, connections = 1) => {
      let seen = 0;
      const requests: string[] = [];
      const started = rig.tls((socket, below) => {
        seen += 1;
        const isSour = seen <= connections;
        let count = 0;
        socket.on('data', (chunk) => {
          requests.push(chunk.toString().split(' ', 1)[0] ?? '');
          count += 1;
          if (count === 1 || !isSour) socket.write(ok);
          else sour(below);
        });
      });
      return started.then((origin) => ({ origin, requests }));
    };
    const statuses = async (forwarder: TestForwarder, ...methods: string[]) => {
      const list: number[] = [];
      for (const method of methods) list.push((await forwarder.send('streaming', gatewayEvent({ method }))).status);
      return list;
    };
    const resets = (below: { resetAndDestroy(): void }) => below.resetAndDestroy();
    const closes = (below: { destroy(): void }) => below.destroy();

    it.each([
      ['reset', resets],
      ['closed', closes],
    ])('is asked again over a new one where that was %s', async (_how, sour) => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
        const { origin } = await souring(sour);
        const forwarder = rig.forwarder(origin.port);
        // The stand-in answers every HEAD with a body, which ends the connection by itself.
        expect(await statuses(forwarder, 'GET', method)).toEqual([200, 200]);
        expect([origin.connections(), forwarder.takeLog()]).toEqual([2, []]);
      }
    });

    it('is asked again once, and no more', async () => {
      const { origin } = await souring(resets, 9);
      const forwarder = rig.forwarder(origin.port);
      expect(await statuses(forwarder, 'GET')).toEqual([200]);
      const always = await rig.tls((socket, below) => socket.once('data', () => below.resetAndDestroy()));
      const other = rig.forwarder(always.port);
      expect(await statuses(other, 'GET')).toEqual([502]);
      expect(always.connections()).toBe(1);
    });

    it.each(['POST', 'PATCH'])('is not asked again for a %s that may have been done', async (method) => {
      const { origin, requests } = await souring(resets);
      const forwarder = rig.forwarder(origin.port);
      expect(await statuses(forwarder, 'GET', method)).toEqual([200, 502]);
      expect(requests).toEqual(['GET', method]);
      expect(forwarder.takeLog()).toMatchObject([{ event: 'origin_reset' }]);
    });

    it('does not cost a POST where the origin closed while the function was frozen', async () => {
      const { origin } = await souring(resets);
      const sockets: { destroy(): void }[] = [];
      const closing = await rig.tls((socket, below) => {
        sockets.push(below);
        socket.on('data', () => socket.write(ok));
      });
      const forwarder = rig.forwarder(closing.port);
      expect(await statuses(forwarder, 'GET')).toEqual([200]);
      for (const socket of sockets) socket.destroy();
      freeze(20); // the process sleeps, and with it what would have told it of the end
      expect(await statuses(forwarder, 'POST')).toEqual([200]);
      expect(closing.connections()).toBe(2);
      await origin.close();
    });

    it('does not cost a request where the connection has lain for long', async () => {
      const { origin } = await souring(resets);
      const forwarder = rig.forwarder(origin.port);
      expect(await statuses(forwarder, 'GET')).toEqual([200]);
      const now = Date.now();
      const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 6_000);
      try {
        expect(await statuses(forwarder, 'POST')).toEqual([200]);
      } finally {
        clock.mockRestore();
      }
      expect(origin.connections()).toBe(2);
    });
  });

  it('recovers: a request after each failure is answered', async () => {
    let origin: TestOrigin | undefined = await rig.echo();
    const { port } = origin;
    const forwarder = rig.forwarder(port);
    expect((await forwarder.send('streaming', gatewayEvent())).status).toBe(200);
    await origin.close();
    origin = undefined;
    expect((await forwarder.send('streaming', gatewayEvent())).status).toBe(503);
    await wait(1);
    expect(forwarder.takeLog()).toMatchObject([{ event: 'origin_unreachable' }]);
  });
});
