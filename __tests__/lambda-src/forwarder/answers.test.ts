import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describeWith } from '../../requirements';
import { type ClientRequest, gatewayEvent } from './events';
import { modes, Rig } from './rig';

describeWith(['openssl'], 'an answer at the client', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = Rig.start();
  });
  afterAll(() => rig.stop());

  /** An origin that answers these very bytes, and what both modes make of it: the same. */
  async function answerTo(bytes: string | Buffer, request: ClientRequest = {}, close = true) {
    const origin = await rig.answering(bytes, (socket) => close && socket.end());
    const forwarder = rig.forwarder(origin.port);
    const [streamed, buffered] = await Promise.all(modes.map((mode) => forwarder.send(mode, gatewayEvent(request))));
    expect(streamed).toEqual(buffered);
    expect(forwarder.takeLog()).toEqual([]);
    if (!streamed) throw new Error('no answer');
    return streamed;
  }

  it('has status, fields and body of the origin', async () => {
    const answer = await answerTo(
      'HTTP/1.1 418 Short\r\nX-Elastic-Product: Elasticsearch\r\nContent-Length: 5\r\n\r\nshort',
    );
    expect(answer).toEqual({
      status: 418,
      headers: { 'x-elastic-product': ['Elasticsearch'], 'content-length': ['5'] },
      body: Buffer.from('short'),
    });
  });

  it.each([
    ['gzip', gzipSync('{"took":1}')],
    ['br', brotliCompressSync('{"took":1}')],
    ['zstd', Buffer.from('28b52ffd00ff', 'hex')],
    ['identity', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  ])('has the bytes of a %s body untouched', async (coding, body) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await answerTo(Buffer.concat([Buffer.from(head), body]));
    expect([answer.headers['content-encoding'], answer.body]).toEqual([[coding], body]);
  });

  it('has fields whose names mean something to JavaScript', async () => {
    const fields = '__proto__: one\r\nconstructor: two\r\nconstructor: three\r\n';
    const answer = await answerTo(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`);
    expect(Object.entries(answer.headers).sort()).toEqual([
      ['__proto__', ['one']],
      ['constructor', ['two', 'three']],
      ['content-length', ['0']],
    ]);
  });

  it('is whole when it comes in chunks, whose trailers are dropped', async () => {
    const chunks = '3\r\nabc\r\n4;note=x\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n';
    const answer = await answerTo(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n${chunks}`,
    );
    expect(answer).toEqual({ status: 200, headers: {}, body: Buffer.from('abcdefg') });
  });

  it('is whole when only the end of the connection ends it', async () => {
    expect((await answerTo('HTTP/1.0 200 OK\r\n\r\nuntil the end')).body.toString()).toBe('until the end');
  });

  it.each(['100 Continue', '102 Processing', '103 Early Hints'])(
    'is the final one behind a %s',
    async (informational) => {
      const answer = await answerTo(
        `HTTP/1.1 ${informational}\r\nLink: </x>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok`,
      );
      expect(answer).toEqual({ status: 201, headers: { 'content-length': ['2'] }, body: Buffer.from('ok') });
    },
  );

  it('keeps the length that a HEAD tells', async () => {
    const answer = await answerTo('HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n', { method: 'HEAD' }, false);
    expect(answer).toEqual({ status: 200, headers: { 'content-length': ['9999999'] }, body: Buffer.alloc(0) });
  });

  it.each([204, 304])('keeps the fields of a %d', async (status) => {
    const answer = await answerTo(`HTTP/1.1 ${status} X\r\nETag: "7"\r\n\r\n`, {}, false);
    expect(answer).toEqual({ status, headers: { etag: ['"7"'] }, body: Buffer.alloc(0) });
  });

  it('has each of several values by itself', async () => {
    const fields =
      'Warning: 299 a\r\nwarning: 299 b\r\nVary: x\r\nSet-Cookie: a=1\r\nset-cookie: b=2, c\r\nSET-COOKIE: d=3\r\n';
    const { headers } = await answerTo(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`);
    expect(headers).toEqual({
      warning: ['299 a', '299 b'],
      vary: ['x'],
      'set-cookie': ['a=1', 'b=2, c', 'd=3'],
      'content-length': ['0'],
    });
  });

  it('has no hop-by-hop fields, and none that the gateway would rename or drop', async () => {
    const dropped = [
      ...['Connection: close, X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'Upgrade: h2', 'Proxy-Authenticate: Basic'],
      ...['Date: now', 'Server: x', 'Via: x', 'WWW-Authenticate: Basic realm="security"', 'Content-MD5: x'],
    ];
    const { headers } = await answerTo(
      `HTTP/1.1 200 OK\r\n${dropped.join('\r\n')}\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(headers).toEqual({ 'x-kept': ['1'], 'content-length': ['0'] });
  });

  it('has names that mean something to JavaScript, and bytes beyond ASCII', async () => {
    const { headers } = await answerTo(
      'HTTP/1.1 200 OK\r\nConstructor: 1\r\nX-Latin: gr\u00fc\u00df\r\nContent-Length: 0\r\n\r\n',
    );
    expect(Object.entries(headers)).toContainEqual(['constructor', ['1']]);
    expect(headers['x-latin']).toEqual(['gr\u00fc\u00df']);
  });

  describe('that is a static asset', () => {
    const cacheControl = async (fields: string, status = 200, method = 'GET') =>
      (await answerTo(`HTTP/1.1 ${status} X\r\n${fields}\r\nContent-Length: 0\r\n\r\n`, { method })).headers[
        'cache-control'
      ];

    it.each([
      ...[
        'text/css',
        'text/css; charset=utf-8',
        'text/javascript',
        'application/javascript',
        'application/x-javascript',
      ],
      ...['font/woff2', 'application/font-woff', 'image/svg+xml', 'IMAGE/PNG'],
    ])('may be kept for an hour: %s', async (type) => {
      expect(await cacheControl(`Content-Type: ${type}`)).toEqual(['private, max-age=3600']);
    });

    it('keeps what the origin said of it', async () => {
      expect(await cacheControl('Content-Type: text/css\r\nCache-Control: no-store')).toEqual(['no-store']);
      expect(await cacheControl('Content-Type: text/css\r\nExpires: 0')).toBeUndefined();
      expect(await cacheControl('Content-Type: text/css\r\nPragma: no-cache')).toBeUndefined();
      expect(await cacheControl('Content-Type: text/css\r\nSet-Cookie: sid=1')).toBeUndefined();
    });

    it('is not what an API answers, an error or the answer to a POST', async () => {
      expect(await cacheControl('Content-Type: application/json')).toBeUndefined();
      expect(await cacheControl('Content-Type: text/html')).toBeUndefined();
      expect(await cacheControl('Content-Type: text/css', 404)).toBeUndefined();
      expect(await cacheControl('Content-Type: text/css', 200, 'POST')).toBeUndefined();
    });
  });
});
