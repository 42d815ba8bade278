import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { GatewayEvent } from '../../../lambda-src/forwarder/event';
import { describeWith } from '../../requirements';
import { type ClientRequest, gatewayEvent } from './events';
import { type Echo, type Mode, modes, Rig, type TestForwarder } from './rig';

/** What a proxy adds; everything else is the client's. */
const added = [
  ['Host', 'search.example.com'],
  ['X-Forwarded-For', '192.0.2.7'],
  ['X-Forwarded-Host', 'search.example.com'],
  ['X-Forwarded-Port', '443'],
  ['X-Forwarded-Proto', 'https'],
];

describeWith(['openssl'], 'a request at the origin', () => {
  let rig: Rig;
  let forwarder: TestForwarder;
  beforeAll(async () => {
    rig = Rig.start();
    forwarder = rig.forwarder((await rig.echo()).port);
  });
  afterAll(() => rig.stop());

  const seen = (request: ClientRequest, change: Partial<GatewayEvent> = {}, mode: Mode = 'streaming') =>
    rig.seen(forwarder, mode, { ...gatewayEvent(request), ...change });
  const values = ({ headers }: Echo, wanted: string) =>
    headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);

  it.each(modes)('%s: has method, path, query, fields and body of the client', async (mode) => {
    const request: ClientRequest = {
      method: 'POST',
      path: '/%3Clogs-%7Bnow%2Fd%7D%3E/_bulk',
      query: [
        ['pretty', ''],
        ['q', 'ä +'],
        ['q', 'b'],
      ],
      headers: [
        ['content-type', 'application/x-ndjson'],
        ['X-Opaque-Id', 'a'],
      ],
      body: '{"index":{}}\n{"text":"Grüße 🌍"}\n',
    };
    const echo = await seen(request, {}, mode);
    expect(echo).toEqual({
      method: 'POST',
      target: '/%3Clogs-%7Bnow%2Fd%7D%3E/_bulk?pretty&q=%C3%A4%20%2B&q=b',
      headers: expect.arrayContaining([['content-type', 'application/x-ndjson'], ['X-Opaque-Id', 'a'], ...added]),
      body: Buffer.from(String(request.body)).toString('base64'),
    });
    // Nothing is there that neither the client nor a proxy puts there.
    const names = echo.headers.map(([name]) => name.toLowerCase()).sort();
    const own = ['connection', 'content-length', 'content-type', 'x-opaque-id'];
    expect(names).toEqual([...added.map(([name = '']) => name.toLowerCase()), ...own].sort());
  });

  it.each(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])('has the method %s', async (method) => {
    const methods: (string | undefined)[] = [];
    const origin = await rig.https((request, response) => {
      methods.push(request.method);
      response.end();
    });
    expect((await rig.forwarder(origin.port).send('streaming', gatewayEvent({ method }))).status).toBe(200);
    expect(methods).toEqual([method]);
  });

  it('has no framing where a GET has no body, and a length of 0 where a POST has none', async () => {
    for (const body of [null, '']) {
      const get = await seen({ method: 'GET', body });
      expect([values(get, 'content-length'), values(get, 'transfer-encoding')]).toEqual([[], []]);
      const post = await seen({ method: 'POST', body });
      expect([values(post, 'content-length'), values(post, 'transfer-encoding')]).toEqual([['0'], []]);
    }
  });

  it('has the body of a GET', async () => {
    const echo = await seen({ method: 'GET', path: '/_search', body: '{"query":{}}' });
    expect([echo.body, values(echo, 'content-length')]).toEqual([btoa('{"query":{}}'), ['12']]);
  });

  it('has a body byte for byte, whether or not the gateway took it for text', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect((await seen({ method: 'POST', body: bytes })).body).toBe(bytes.toString('base64'));
    const text = { body: 'Grüße', isBase64Encoded: false };
    expect((await seen({ method: 'POST' }, text)).body).toBe(Buffer.from('Grüße').toString('base64'));
  });

  const json = Buffer.from('{"query":{"match_all":{}}}');
  it.each([
    ['gzip', gzipSync(json)],
    ['x-gzip', gzipSync(json)],
    ['GZIP', gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['deflate', deflateRawSync(json)],
    ['br', brotliCompressSync(json)],
    ['zstd', Buffer.from('28b52ffd0400090000000000', 'hex')],
  ])('has a body packed with %s as it is', async (coding, body) => {
    const echo = await seen({ method: 'POST', headers: [['Content-Encoding', coding]], body });
    expect([echo.body, values(echo, 'content-encoding')]).toEqual([body.toString('base64'), [coding]]);
  });

  it.each(['gzip', 'x-gzip', 'deflate'])('does not call a body %s that the gateway has unpacked', async (coding) => {
    const echo = await seen({ method: 'POST', headers: [['content-encoding', coding]], body: json });
    expect([echo.body, values(echo, 'content-encoding')]).toEqual([json.toString('base64'), []]);
    expect(values(echo, 'content-length')).toEqual([String(json.length)]);
  });

  it('has the names of fields in the case of the client, and each of several values', async () => {
    const { headers } = await seen({
      headers: [
        ['X-MiXeD', '1'],
        ['x-lower', 'a, b'],
        ['x-lower', 'c'],
        ['X-Empty', ''],
        ['X-Latin', 'Gr\u00fc\u00dfe'],
        ['X-Wide', '🌍'],
      ],
    });
    const globe = Buffer.from('🌍').toString('latin1');
    for (const pair of [
      ['X-MiXeD', '1'],
      ['x-lower', 'a, b'],
      ['x-lower', 'c'],
      ['X-Empty', ''],
      ['X-Latin', 'Grüße'],
      ['X-Wide', globe],
    ]) {
      expect(headers).toContainEqual(pair);
    }
  });

  it('has the cookies of HTTP/2 in one field', async () => {
    const echo = await seen({
      headers: [
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ],
    });
    expect(values(echo, 'cookie')).toEqual(['a=1; b=2']);
  });

  it('has no hop-by-hop fields, neither the known ones nor those that Connection names', async () => {
    const hops = [
      'Keep-Alive',
      'Proxy-Authorization',
      'Proxy-Connection',
      'TE',
      'Trailer',
      'Upgrade',
      'Expect',
      'X-Hop',
    ];
    const headers: [string, string][] = hops.map((name) => [name, 'x']);
    const echo = await seen({
      headers: [['Connection', 'close, X-Hop'], ['Transfer-Encoding', 'chunked'], ...headers],
    });
    for (const name of hops) expect(values(echo, name.toLowerCase())).toEqual([]);
    expect([values(echo, 'connection'), values(echo, 'transfer-encoding')]).toEqual([['keep-alive'], []]);
  });

  it('names the public host and https, whatever a client says', async () => {
    const lies = ['X-Forwarded-Host', 'x-forwarded-proto', 'X-Forwarded-Port', 'X-Forwarded-Server', 'Forwarded'];
    const echo = await seen({ headers: lies.map((name) => [name, 'evil']) }, {});
    expect(echo.headers.filter(([, value]) => value.includes('evil'))).toEqual([]);
    expect(echo.headers).toEqual(expect.arrayContaining(added));
  });

  it('has the chain of proxies, ending in the address that the gateway saw', async () => {
    const chain = async (...given: string[]) => {
      const event = gatewayEvent();
      event.multiValueHeaders = { 'X-Forwarded-For': given };
      return values(await rig.seen(forwarder, 'streaming', event), 'x-forwarded-for');
    };
    expect(await chain('198.51.100.1, 192.0.2.7')).toEqual(['198.51.100.1, 192.0.2.7']);
    expect(await chain('198.51.100.1')).toEqual(['198.51.100.1, 192.0.2.7']);
    expect(await chain('198.51.100.1', '198.51.100.2')).toEqual(['198.51.100.1, 198.51.100.2, 192.0.2.7']);
    expect(await chain()).toEqual(['192.0.2.7']);
  });

  it('is the same from an event with single values only', async () => {
    const echo = await seen(
      {},
      {
        multiValueHeaders: null,
        headers: { 'X-One': '1' },
        multiValueQueryStringParameters: null,
        queryStringParameters: { a: '1' },
      },
    );
    expect([echo.target, values(echo, 'x-one')]).toEqual(['/?a=1', ['1']]);
  });

  it('goes over one connection, kept alive', async () => {
    const origin = await rig.echo();
    const one = rig.forwarder(origin.port);
    for (let count = 0; count < 20; count += 1) await one.send(modes[count % 2] ?? 'buffered', gatewayEvent());
    expect(origin.connections()).toBe(1);
  });
});
