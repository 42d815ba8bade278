import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { makeCertificateAuthority } from '../../certificates';
import { gatewayEvent } from './events';
import { freeze, modes, type Rig } from './rig';

/** A promise to users, as a test by that name: run by the ordinary suites, and against forwarders with a fault planted in them. */
export type Check = (rig: Rig) => Promise<void>;

/** The promises that the planted faults break. */
export const checks = {
  'a document id with an encoded slash stays one path segment': async (rig) => {
    const origin = await rig.echo();
    for (const mode of modes) {
      const event = gatewayEvent({ method: 'PUT', path: '/notes/_doc/2024%2F06%2F01', body: '{}' });
      const { target } = await rig.seen(rig.forwarder(origin.port), mode, event);
      expect(target).toBe('/notes/_doc/2024%2F06%2F01');
    }
  },

  'every cookie arrives by itself': async (rig) => {
    const cookies = ['sid=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly', 'theme=dark, bold', 'empty='];
    const origin = await rig.https((_request, response) => response.setHeader('set-cookie', cookies).end('welcome'));
    for (const mode of modes) {
      const { headers } = await rig.forwarder(origin.port).send(mode, gatewayEvent());
      expect(headers['set-cookie']).toEqual(cookies);
    }
  },

  'an answer without a body keeps its status and its headers': async (rig) => {
    const origin = await rig.https((request, response) => {
      response.statusCode = Number(request.url?.slice(1));
      response.setHeader('etag', '"7"').end();
    });
    for (const mode of modes) {
      const forwarder = rig.forwarder(origin.port);
      for (const [method, status] of [
        ['GET', 204],
        ['GET', 304],
        ['HEAD', 200],
        ['GET', 200],
      ] as const) {
        const answer = await forwarder.send(mode, gatewayEvent({ method, path: `/${status}` }));
        expect(answer).toMatchObject({ status, headers: { etag: ['"7"'] }, body: Buffer.alloc(0) });
      }
    }
  },

  'a host that another authority vouches for gets no request': async (rig) => {
    const stranger = makeCertificateAuthority();
    const { certificate: cert, key } = stranger.issue(['search.searchgate.internal']);
    stranger.remove();
    const received: Buffer[] = [];
    const welcome = (socket: Socket) =>
      socket.on('data', (chunk) => {
        received.push(chunk);
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    const origin = await rig.tls(welcome, { cert, key });
    const forwarder = rig.forwarder(origin.port);
    for (const mode of modes) {
      const { status } = await forwarder.send(mode, gatewayEvent({ headers: [['Authorization', 'Basic secret']] }));
      expect(status).toBe(502);
    }
    expect(forwarder.takeLog()).toMatchObject([{ event: 'origin_tls_failed' }, { event: 'origin_tls_failed' }]);
    expect(received).toEqual([]);
  },

  'a write is never sent twice': async (rig) => {
    let requests = 0;
    const origin = await rig.tls((socket) => {
      let answered = false;
      socket.on('data', () => {
        requests += 1;
        if (answered) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        answered = true;
      });
    });
    const forwarder = rig.forwarder(origin.port);
    const event = gatewayEvent({ method: 'POST', path: '/notes/_doc', body: '{}' });
    expect((await forwarder.send('buffered', event)).status).toBe(200);
    expect((await forwarder.send('buffered', event)).status).toBe(502);
    expect(requests).toBe(2);
  },

  "an answer that nobody asked for is nobody's answer, and ends the connection": async (rig) => {
    const answer = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    let newest: Socket | undefined;
    const origin = await rig.tls((socket) => {
      newest = socket;
      socket.on('data', () => socket.write(answer('yours')));
    });
    const forwarder = rig.forwarder(origin.port);
    for (const mode of [...modes, ...modes]) {
      expect((await forwarder.send(mode, gatewayEvent())).body.toString()).toBe('yours');
      await wait(10);
      newest?.write(answer('poison'));
      freeze(10); // it arrives while the process sleeps
    }
    expect(origin.connections()).toBe(4);
  },
} satisfies Record<string, Check>;
