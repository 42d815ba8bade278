import { request as httpsRequest } from 'node:https';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { assetCount, type Echo, type Origin, startEchoOrigin, startKibanaStandIn } from '../../../local/origins';
import { makeCertificateAuthority } from '../../certificates';
import { describeWith } from '../../requirements';
import { type Answer, begin, send } from '../door/client';

describe('the echo', () => {
  let origin: Origin;
  beforeAll(async () => {
    origin = await startEchoOrigin();
  });
  afterAll(() => origin.close());

  it('repeats a request byte for byte and says that it is no search engine', async () => {
    const body = Buffer.from([0, 255, 10, 13]);
    const headers = ['Host', 'x.example', 'X-A', '1', 'x-a', '2', 'Content-Length', '4'];
    const answer = await send(origin.port, { method: 'POST', path: '/a%2Fb//../c?q=%20&q=+', headers, body });
    const echo: Echo = answer.json;
    expect(echo).toMatchObject({
      method: 'POST',
      target: '/a%2Fb//../c?q=%20&q=+',
      http_version: '1.1',
      body_bytes: 4,
    });
    expect(echo.headers.slice(0, 4)).toEqual([
      ['Host', 'x.example'],
      ['X-A', '1'],
      ['x-a', '2'],
      ['Content-Length', '4'],
    ]);
    expect(Buffer.from(echo.body, 'base64')).toEqual(body);
    expect(echo.stand_in).toContain('no Elasticsearch runs here');
    expect(answer.header('x-stand-in')).toBe('echo');
  });
});

describeWith(['openssl'], 'an origin with a certificate', () => {
  it('speaks TLS under the name of the certificate', async () => {
    const authority = makeCertificateAuthority();
    const { certificate, key } = authority.issue(['search.searchgate.internal']);
    const origin = await startEchoOrigin({ certificate, key });
    const status = await new Promise((resolve, reject) => {
      const options = { ca: authority.certificate, servername: 'search.searchgate.internal' };
      const request = httpsRequest(origin.url, options, (response) => resolve(response.resume().statusCode));
      request.on('error', reject).end();
    });
    expect(status).toBe(200);
    await origin.close();
    authority.remove();
  });
});

describe('the stand-in for Kibana', () => {
  let origin: Origin;
  beforeAll(async () => {
    origin = await startKibanaStandIn({ isUser: (name, password) => name === 'elastic' && password === 'right' });
  });
  afterAll(() => origin.close());

  const logIn = (password: string, headers: Record<string, string> = { 'kbn-xsrf': 'x' }) =>
    send(origin.port, {
      method: 'POST',
      path: '/internal/security/login',
      headers,
      body: JSON.stringify({ params: { username: 'elastic', password } }),
    });
  const cookieOf = (answer: Answer) => answer.all('set-cookie')[0]?.split(';')[0] ?? '';

  it('says on every page that it is none', async () => {
    for (const path of ['/login', '/api/status']) {
      const answer = await send(origin.port, { path });
      expect([answer.status, answer.header('x-stand-in')]).toEqual([200, 'kibana']);
      expect(answer.text).toContain('Kibana');
      expect(answer.text).toMatch(/none runs here|no Kibana runs here/);
    }
  });

  it('sends to the login who has not logged in', async () => {
    const answer = await send(origin.port, { path: '/app/home' });
    expect([answer.status, answer.header('location')]).toEqual([302, '/login?next=%2Fapp%2Fhome']);
    expect((await send(origin.port)).header('location')).toBe('/app/home');
  });

  it('logs in with two cookies and out again', async () => {
    expect((await logIn('wrong')).status).toBe(401);
    expect((await logIn('right', {})).json.message).toBe('Request must contain a kbn-xsrf header.');
    const answer = await logIn('right');
    expect([answer.status, answer.all('set-cookie').length]).toEqual([200, 2]);
    const headers = { cookie: `other=1; ${cookieOf(answer)}` };
    const home = await send(origin.port, { path: answer.json.location, headers });
    expect(home.text).toContain('Logged in as <b id="user">elastic</b>');
    const gone = await send(origin.port, { path: '/logout', headers });
    expect([gone.status, gone.header('set-cookie')]).toEqual([302, expect.stringContaining('Max-Age=0')]);
    expect((await send(origin.port, { path: '/app/home', headers })).status).toBe(302);
  });

  it('has assets for the home page, each packed as the client can take it and cacheable for ever', async () => {
    const headers = { cookie: cookieOf(await logIn('right')) };
    const { text } = await send(origin.port, { path: '/app/home', headers });
    const paths = [...text.matchAll(/(?:src|href)="(\/stand-in[^"]+)"/g)].map(([, path]) => path);
    expect(new Set(paths).size).toBe(assetCount);
    const path = paths[1];
    const get = (encoding: string) => send(origin.port, { path, headers: { 'Accept-Encoding': encoding } });
    const [br, gzip, plain] = [await get('gzip, br'), await get('gzip'), await get('identity')];
    expect([br, gzip, plain].map((answer) => answer.header('content-encoding'))).toEqual(['br', 'gzip', undefined]);
    expect(brotliDecompressSync(br.body)).toEqual(plain.body);
    expect(gunzipSync(gzip.body)).toEqual(plain.body);
    expect(br.header('cache-control')).toBe('public, max-age=31536000, immutable');
    const again = await send(origin.port, { path, headers: { 'If-None-Match': br.header('etag') } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it('answers in chunks as they come, and unknown paths as Kibana does', async () => {
    const response = await begin(origin.port, { path: '/api/stand-in/slow' });
    expect(response.headers['transfer-encoding']).toBe('chunked');
    let chunks = 0;
    for await (const _ of response) chunks += 1;
    expect(chunks).toBeGreaterThan(5);
    const missing = await send(origin.port, { path: '/api/nothing' });
    expect([missing.status, missing.json]).toEqual([
      404,
      { statusCode: 404, error: 'Not Found', message: 'Not Found' },
    ]);
  });
});
