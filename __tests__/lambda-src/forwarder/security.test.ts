import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { GatewayEvent } from '../../../lambda-src/forwarder/event';
import { makeCertificateAuthority } from '../../certificates';
import { describeWith } from '../../requirements';
import { type ClientRequest, gatewayEvent } from './events';
import { type Mode, modes, Rig, serverName, type TestForwarder, type TestOrigin } from './rig';

describeWith(['openssl'], 'a client that means harm', () => {
  let rig: Rig;
  let origin: TestOrigin;
  let forwarder: TestForwarder;
  beforeAll(async () => {
    rig = Rig.start();
    origin = await rig.echo();
    forwarder = rig.forwarder(origin.port);
  });
  afterAll(() => rig.stop());

  describe('reaches the configured origin only', () => {
    it.each([
      '/http://127.0.0.1:1/',
      '//127.0.0.1:1/',
      '/@127.0.0.1:1',
      '/\\127.0.0.1:1',
      '/..;/../..//127.0.0.1:1',
      '/%2f%2f127.0.0.1:1',
      '/%0d%0aHost:%20evil',
      '/%00',
    ])('by the path %s', async (path) => {
      for (const mode of modes) {
        const { target, headers } = await rig.seen(forwarder, mode, gatewayEvent({ path }));
        expect(target).toBe(path);
        expect(headers.filter(([name]) => name.toLowerCase() === 'host')).toEqual([['Host', 'search.example.com']]);
      }
    });

    it.each(['http://127.0.0.1:1/', '*', '', 'evil:443', '@evil', '?evil', '#evil'])(
      'by the raw path "%s"',
      async (path) => {
        const { target } = await rig.seen(forwarder, 'streaming', {
          ...gatewayEvent(),
          path,
          pathParameters: { proxy: path },
        });
        expect(target).toMatch(/^\/[^\s?#]*$/);
      },
    );

    it('by fields that name another', async () => {
      const event = gatewayEvent({
        headers: [
          ['X-Original-URL', '/_security/user'],
          ['X-Rewrite-URL', '/_security/user'],
          ['X-Original-Host', 'evil'],
          ['X-Host', 'evil'],
        ],
      });
      event.multiValueHeaders = { ...event.multiValueHeaders, Host: ['evil:1', 'evil:2'], host: ['evil:3'] };
      const { target, headers } = await rig.seen(forwarder, 'buffered', event);
      expect(target).toBe('/');
      expect(headers.filter(([name]) => name.toLowerCase() === 'host')).toEqual([['Host', 'search.example.com']]);
    });

    it('and makes that prove its own name, whatever host was asked for', async () => {
      // Node would otherwise ask for the certificate of the request's Host.
      const { certificate: cert, key } = rig.authority.issue(['search.example.com']);
      const impostor = await rig.tls((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'), { cert, key });
      for (const mode of modes) {
        expect((await rig.forwarder(impostor.port).send(mode, gatewayEvent())).status).toBe(502);
      }
    });

    it('and makes that prove its name each time, resumed sessions included', async () => {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const { certificate: cert, key } = rig.authority.issue(['kibana.searchgate.internal']);
        const received: Buffer[] = [];
        const impostor = await rig.tls(
          (socket) =>
            socket.on('data', (chunk) => {
              received.push(chunk);
              socket.end('HTTP/1.1 200 OK\r\n\r\n');
            }),
          { cert, key, maxVersion: version },
        );
        const wronged = rig.forwarder(impostor.port);
        for (let count = 0; count < 4; count += 1) {
          expect((await wronged.send('streaming', gatewayEvent())).status).toBe(502);
        }
        expect(received).toEqual([]);
      }
    });

    it('and trusts it by the given authority alone, whatever the environment says', async () => {
      const stranger = makeCertificateAuthority();
      const { certificate: cert, key } = stranger.issue([serverName]);
      stranger.remove();
      const impostor = await rig.tls((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'), { cert, key });
      const emit = jest.spyOn(process, 'emitWarning').mockImplementation();
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      try {
        expect((await rig.forwarder(impostor.port).send('streaming', gatewayEvent())).status).toBe(502);
      } finally {
        delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
        emit.mockRestore();
      }
    });

    it('and that may have an address for its name', async () => {
      const { certificate: cert, key } = rig.authority.issue(['127.0.0.1']);
      const plain = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
      const named = await rig.tls((socket) => socket.on('data', () => socket.write(plain)), { cert, key });
      const by = (name: string) => rig.forwarder(named.port, { serverName: name }).send('streaming', gatewayEvent());
      expect([(await by('127.0.0.1')).status, (await by('127.0.0.2')).status]).toEqual([200, 502]);
    });
  });

  describe('can not smuggle', () => {
    const refused = async (event: GatewayEvent, mode: Mode = 'streaming') => {
      const before = origin.connections();
      const fresh = rig.forwarder(origin.port);
      const { status, body } = await fresh.send(mode, event);
      expect([status, JSON.parse(body.toString()).error.type]).toEqual([400, 'invalid_request']);
      expect(fresh.takeLog()).toMatchObject([{ event: 'invalid_request' }]);
      expect(origin.connections()).toBe(before);
    };

    it.each(['a\r\nX-Injected: 1', 'a\nb', 'a\rb', 'a\0b', '\r\n\r\nGET /evil HTTP/1.1', '\u007f', '\u0001'])(
      'the value %j',
      async (value) => {
        for (const mode of modes) await refused(gatewayEvent({ headers: [['X-Field', value]] }), mode);
        await refused(gatewayEvent({ headers: [['Cookie', value]] }));
        const event = gatewayEvent();
        await refused({ ...event, requestContext: { ...event.requestContext, domainName: `search${value}` } });
        await refused({ ...event, multiValueHeaders: { 'X-Forwarded-For': [value] } });
      },
    );

    it.each(['X-Field: 1\r\nX', 'X Field', 'Content-Length ', ' Transfer-Encoding', 'X\0', 'X:', '', 'Ä', '(x)'])(
      'the name %j',
      (name) => refused(gatewayEvent({ headers: [[name, '1']] })),
    );

    it.each([[['5', '6']], [['5, 6']], [['+5']], [['-1']], [['0x5']], [['5 ']], [['']]])('the lengths %j', (lengths) =>
      refused(
        gatewayEvent({
          method: 'POST',
          body: '12345',
          headers: lengths.map((length) => ['Content-Length', length] as const),
        }),
      ),
    );

    it.each(['CONNECT', 'TRACE', 'GET /evil HTTP/1.1\r\n', 'get', '', 'PRI'])('the method %j', (method) =>
      refused(gatewayEvent({ method })),
    );

    it('by a length or a coding of its own: the body is framed by its bytes', async () => {
      const headers: ClientRequest['headers'] = [
        ['Content-Length', '3'],
        ['Transfer-Encoding', 'chunked'],
        ['transfer-encoding', 'identity'],
      ];
      const body = '0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n';
      const echo = await rig.seen(forwarder, 'buffered', gatewayEvent({ method: 'POST', headers, body }));
      expect(Buffer.from(echo.body, 'base64').toString()).toBe(body);
      const framing = echo.headers.filter(([name]) => /content-length|transfer-encoding/i.test(name));
      expect(framing).toEqual([['Content-Length', String(body.length)]]);
    });

    it('through a path or a query', async () => {
      const evil = ' HTTP/1.1\r\nHost: evil\r\n\r\nGET /evil';
      const event = gatewayEvent({ query: [[evil, evil]] });
      const { target } = await rig.seen(forwarder, 'streaming', {
        ...event,
        path: `/${evil}`,
        pathParameters: { proxy: evil },
      });
      expect(target).toMatch(/^\/%20HTTP\/1\.1%0D%0AHost:%20evil%0D%0A%0D%0AGET%20\/evil\?%20HTTP%2F1\.1%0D%0A[^\s]*$/);
    });

    it('an event that is none', async () => {
      for (const event of [{}, { httpMethod: null }, { ping: true } as GatewayEvent]) await refused(event);
    });
  });
});

describeWith(['openssl'], 'an origin that means harm', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = Rig.start();
  });
  afterAll(() => rig.stop());

  it.each([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
    ['two lengths that agree', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\nab'],
    ['a list of lengths', 'Content-Length: 2, 3\r\n\r\nabc'],
    ['a length that is no number', 'Content-Length: x\r\n\r\nabc'],
    ['a negative length', 'Content-Length: -1\r\n\r\nabc'],
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n'],
    ['a chunk of no size', 'Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n'],
    ['a chunk that is longer than its size', 'Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n'],
    ['a chunk of a size beyond all bounds', `Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(40)}\r\nab\r\n`],
    ['a bare line feed in a field', 'X-A: 1\nX-Injected: 1\r\nContent-Length: 0\r\n\r\n'],
    ['a bare carriage return in a field', 'X-A: 1\rX-Injected: 1\r\nContent-Length: 0\r\n\r\n'],
    ['NUL in a field', 'X-A: 1\0\r\nContent-Length: 0\r\n\r\n'],
    ['a space before the colon', 'Content-Length : 0\r\n\r\n'],
    ['a field without a name', ': 1\r\nContent-Length: 0\r\n\r\n'],
  ])('is refused: %s', async (_name, rest) => {
    for (const mode of modes) {
      const origin = await rig.answering(`HTTP/1.1 200 OK\r\n${rest}`);
      const forwarder = rig.forwarder(origin.port);
      const { status, headers, body } = await forwarder.send(mode, gatewayEvent());
      expect([status, JSON.parse(body.toString()).error.type]).toEqual([502, 'origin_invalid_response']);
      expect(headers['x-injected']).toBeUndefined();
      expect(forwarder.takeLog()).toMatchObject([{ event: 'origin_invalid_response' }]);
    }
  });

  it.each([
    ['at once', 0],
    ['later', 30],
  ])('can not answer a request that comes after: a second answer %s', async (_when, delay) => {
    const answer = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    let connections = 0;
    const sour = (socket: Socket) => {
      connections += 1;
      const poisons = connections === 1;
      socket.on('data', () => {
        if (!poisons) socket.write(answer('yours'));
        else if (delay === 0) socket.write(answer('yours') + answer('poison'));
        else {
          socket.write(answer('yours'));
          setTimeout(() => socket.write(answer('poison')), delay);
        }
      });
    };
    const origin = await rig.tls(sour);
    const forwarder = rig.forwarder(origin.port);
    for (let count = 0; count < 3; count += 1) {
      expect((await forwarder.send('streaming', gatewayEvent())).body.toString()).toBe('yours');
      await wait(delay * 2);
    }
    expect(connections).toBe(2);
  });

  it('can not answer the next request with bytes behind an answer', async () => {
    const origin = await rig.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokGARBAGE');
    const forwarder = rig.forwarder(origin.port);
    for (const mode of modes) {
      expect((await forwarder.send(mode, gatewayEvent())).body.toString()).toBe('ok');
    }
    expect([origin.connections(), forwarder.takeLog()]).toEqual([2, []]);
  });
});
