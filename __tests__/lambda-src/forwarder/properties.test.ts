import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describeWith } from '../../requirements';
import { type ClientRequest, gatewayEvent } from './events';
import { modes, Rig, type TestForwarder, type TestOrigin } from './rig';

const runs = { numRuns: 150 };

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
const value = fc.stringMatching(/^([!-~\u0080-\u00ff]([ -~\u0080-\u00ff]{0,40}[!-~\u0080-\u00ff])?)?$/);
const bytes = fc.uint8Array({ maxLength: 20_000 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
/** Fields that one of the two hops has a say in. */
const special =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|forwarded|x-forwarded-.*|content-length|content-encoding|cookie|set-cookie|authorization|content-md5|date|max-forwards|server|user-agent|via|www-authenticate|cache-control)$/i;
const fields = fc.uniqueArray(
  fc.tuple(
    token.filter((name) => !special.test(name)),
    fc.array(value, { minLength: 1, maxLength: 3 }),
  ),
  { selector: ([name]) => name.toLowerCase(), maxLength: 8 },
);

describeWith(['openssl'], 'for whatever a client sends and an origin answers', () => {
  let rig: Rig;
  let echo: TestForwarder;
  beforeAll(async () => {
    rig = Rig.start();
    echo = rig.forwarder((await rig.echo()).port);
  });
  afterAll(() => rig.stop());

  it('the path is the same, byte for byte', () =>
    fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^\/(?:[!"$->@-~]|%[0-9A-Fa-f]{2})*$/),
        fc.constantFrom('', '/live', '/base/path'),
        fc.constantFrom(...modes),
        async (path, mapped, mode) => {
          const { target } = await rig.seen(echo, mode, gatewayEvent({ path, mapped }));
          expect(target).toBe(path);
        },
      ),
      runs,
    ));

  it('the query means the same', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 8 }), async (query) => {
        const { target } = await rig.seen(echo, 'streaming', gatewayEvent({ query }));
        const [, sent = ''] = (target ?? '').split(/\?(.*)/s);
        const received = sent === '' ? [] : sent.split('&').map((pair) => pair.split('='));
        const meant = received.map(([name = '', given = '']) => [decodeURIComponent(name), decodeURIComponent(given)]);
        const wellFormed = query.map((pair) => pair.map((part) => Buffer.from(part).toString()));
        // The order across keys is the gateway's; that of one key's values is the client's.
        const byName = (pairs: string[][]) => {
          const map = new Map<string | undefined, (string | undefined)[]>();
          for (const [name, given] of pairs) map.set(name, [...(map.get(name) ?? []), given]);
          return map;
        };
        expect(byName(meant)).toEqual(byName(wellFormed));
      }),
      runs,
    ));

  it('fields and body of a request are the same', () =>
    fc.assert(
      fc.asyncProperty(fields, bytes, fc.constantFrom(...modes), async (sent, body, mode) => {
        const headers = sent.flatMap(([name, values]) => values.map((one) => [name, one] as const));
        const seen = await rig.seen(echo, mode, gatewayEvent({ method: 'POST', headers, body }));
        expect(seen.body).toBe(body.toString('base64'));
        for (const [name, values] of sent) {
          expect(seen.headers.filter(([other]) => other === name).map(([, one]) => one)).toEqual(values);
        }
      }),
      runs,
    ));

  it('status, fields and body of an answer are the same, however they are cut into pieces', async () => {
    const answers = new Map<string, { head: string; chunks: Buffer[] }>();
    const origin = await rig.tls((socket) =>
      socket.on('data', async (request) => {
        const { head, chunks } = answers.get(request.toString().split(' ', 2)[1] ?? '') ?? { head: '', chunks: [] };
        for (const piece of [Buffer.from(head, 'latin1'), ...chunks]) {
          if (piece.length > 0) await new Promise((written) => socket.write(piece, written));
        }
      }),
    );
    const forwarder = rig.forwarder(origin.port);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
        fields,
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { maxLength: 5 }),
        fc.boolean(),
        async (status, sent, parts, chunked) => {
          number += 1;
          const body = Buffer.concat(parts);
          const lines = sent.flatMap(([name, values]) => values.map((one) => `${name}: ${one}\r\n`));
          const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
          const chunks = parts.map((part) =>
            chunked
              ? Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')])
              : Buffer.from(part),
          );
          if (chunked) chunks.push(Buffer.from('0\r\n\r\n'));
          answers.set(`/${number}`, { head: `HTTP/1.1 ${status} X\r\n${lines.join('')}${framing}\r\n\r\n`, chunks });
          for (const mode of modes) {
            const answer = await forwarder.send(mode, gatewayEvent({ path: `/${number}` }));
            const headers = Object.fromEntries(sent.map(([name, values]) => [name.toLowerCase(), values]));
            if (!chunked) headers['content-length'] = [String(body.length)];
            expect(answer).toEqual({ status, headers, body });
          }
        },
      ),
      runs,
    );
  });

  describe('no secret is in the log', () => {
    const secret = fc.stringMatching(/^[!-~]{12,40}$/);
    const filler = 'x'.repeat(5_000);

    /** The places for a secret, each with what a client would write there. */
    const places: Record<string, (secret: string) => ClientRequest> = {
      'a password': (s) => header('Authorization', `Basic ${Buffer.from(`elastic:${s}`).toString('base64')}`),
      'a token': (s) => header('authorization', `Bearer ${s}`),
      'an API key': (s) => header('Authorization', `ApiKey ${s}`),
      'a second authorization': (s) => header('es-secondary-authorization', `Basic ${s}`),
      'a proxy authorization': (s) => header('Proxy-Authorization', s),
      'a cookie': (s) => header('Cookie', `theme=dark; sid=${s.replace(/;/g, ':')}`),
      'a field that nobody knows': (s) => header('X-Something', s),
      'a parameter': (s) => ({
        query: [
          ['pretty', ''],
          ['access_token', s],
        ],
      }),
      'a parameter that nobody knows': (s) => ({
        query: [
          ['x', s],
          ['x', s],
        ],
      }),
      'the name and password in a path': (s) => ({ path: `/proxy/https://elastic:${encodeURIComponent(s)}@host/` }),
      'a JSON body': (s) => json({ user: 'a', nested: [{ password: s }] }),
      'a list in a JSON body': (s) => json({ tokens: [s, { deep: [s] }] }),
      'a JSON document a line': (s) => ({
        ...json({}),
        body: `{"index":{}}\n${JSON.stringify({ client_secret: s })}\n`,
      }),
      'a form': (s) => ({
        ...header('content-type', 'application/x-www-form-urlencoded'),
        method: 'POST',
        body: `a=1&password=${encodeURIComponent(s)}`,
      }),
      'a body that is cut': (s) => json({ filler, filler2: filler, filler3: filler, api_key: s, filler4: filler }),
      'a body that is cut within': (s) => ({
        ...json({}),
        body: `{"a":"${'x'.repeat(16 * 1024 - 34)}","password":${JSON.stringify(s)}}`,
      }),
      'a packed body': (s) => ({
        ...header('Content-Encoding', 'gzip'),
        method: 'PUT',
        body: gzipSync(JSON.stringify({ password: s })),
      }),
      'an address in a body': (s) => json({ url: `https://elastic:${encodeURIComponent(s)}@host/` }),
    };
    const header = (name: string, given: string): ClientRequest => ({ headers: [[name, given]] });
    const json = (document: object): ClientRequest => ({ method: 'POST', body: JSON.stringify(document) });

    /** Every spelling in which a log line could hold it. */
    const spellings = (s: string) => {
      const escaped = JSON.stringify(s).slice(1, -1);
      return [
        s,
        escaped,
        JSON.stringify(escaped).slice(1, -1),
        encodeURIComponent(s),
        Buffer.from(s).toString('base64'),
      ];
    };

    let mirror: TestOrigin;
    beforeAll(async () => {
      // It gives back what it got, and a secret of its own.
      mirror = await rig.https((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const own = String(request.headers['x-own-secret']);
          response.setHeader('set-cookie', [`sid=${own}; Path=/; HttpOnly`, `other=${own}`]);
          response.setHeader('x-own-token', own);
          response.end(
            JSON.stringify({
              ...{
                access_token: own,
                message: `not allowed: ${own}`,
                headers: request.rawHeaders,
                target: request.url,
              },
              body: request.headers['content-encoding'] ? '' : Buffer.concat(chunks).toString(),
            }),
          );
        });
      });
    });

    it.each(Object.entries(places))('that came in %s, or went back', async (_place, placed) => {
      const failing = [await rig.closedPort(), (await rig.answering('SSH\r\n')).port];
      const forwarders = [mirror.port, ...failing].map((port) => rig.forwarder(port, { debug: true }));
      const quiet = rig.forwarder(failing[0] ?? 0);
      await fc.assert(
        fc.asyncProperty(secret, secret, async (given, own) => {
          const request = placed(given);
          const headers = [...(request.headers ?? []), ['X-Own-Secret', own.replace(/;/g, ':')] as const];
          for (const forwarder of [...forwarders, quiet]) {
            for (const mode of modes) await forwarder.send(mode, gatewayEvent({ ...request, headers }));
            await new Promise((closed) => setImmediate(closed));
            const lines = forwarder.takeLog();
            expect(lines.length).toBeGreaterThan(0);
            const log = lines.map((line) => JSON.stringify(line)).join('\n');
            for (const one of [given, given.replace(/;/g, ':'), own, own.replace(/;/g, ':')].flatMap(spellings)) {
              if (log.includes(one)) throw new Error(`the log holds ${one}: ${log}`);
            }
          }
        }),
        { numRuns: 12 },
      );
    });

    it('and yet the log shows what happened', async () => {
      const forwarder = rig.forwarder(mirror.port, { debug: true });
      const request = json({ query: { match_all: {} } });
      await forwarder.send('streaming', gatewayEvent({ ...request, path: '/notes/_search', query: [['size', '5']] }));
      await new Promise((closed) => setImmediate(closed));
      expect(forwarder.takeLog()).toEqual([
        expect.objectContaining({
          ...{ level: 'DEBUG', event: 'request', method: 'POST', target: '/notes/_search?size=5', bytes: 26 },
          body: '{"query":{"match_all":{}}}',
          headers: expect.arrayContaining([['Host', 'search.example.com']]),
        }),
        expect.objectContaining({ level: 'DEBUG', event: 'response', status: 200, complete: true }),
      ]);
    });
  });
});
