import { begin, type ClientRequest } from './client';
import { DoorRig, gatewayWith, json, type TestDoor } from './gateway';

const prelude = (head: object) => `${json(head)}${'\0'.repeat(8)}`;
const repeat = (size: number) => 'x'.repeat(size);

describe('the answer that the client gets', () => {
  const rig = new DoorRig();
  afterAll(() => rig.stop());

  describe('of a buffered integration', () => {
    let door: TestDoor;
    const answer = (result: unknown, request: ClientRequest = {}) =>
      door.send({ method: 'POST', body: json(result), ...request });
    beforeAll(async () => {
      door = await rig.open(gatewayWith('result', {}));
    });

    it('has status, headers and body of the result', async () => {
      const got = await answer({
        statusCode: 201,
        headers: { 'X-A': 'ü', 'Content-Type': 'text/plain' },
        body: 'größer',
      });
      expect([got.status, got.text, got.header('content-type')]).toEqual([201, 'größer', 'text/plain']);
      expect(got.header('X-A')).toBe(Buffer.from('ü').toString('latin1'));
      expect(got.header('content-length')).toBe('8');
    });

    it('has every value of multiValueHeaders, which win over headers', async () => {
      const headers = { 'set-cookie': 'lost=1', 'x-single': 'kept', 'x-number': 7, 'x-flag': true };
      const got = await answer({ statusCode: '200', headers, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] } });
      expect(got.all('set-cookie')).toEqual(['a=1', 'b=2']);
      expect([got.header('x-single'), got.header('x-number'), got.header('x-flag')]).toEqual(['kept', '7', 'true']);
    });

    it('has bytes where the body is base64 and the media type is binary', async () => {
      const body = Buffer.from([0, 255, 128]);
      const result = { statusCode: 200, isBase64Encoded: true, body: body.toString('base64') };
      expect((await answer(result)).body).toEqual(body);
      const images = await rig.open(gatewayWith('result', {}, { binaryMediaTypes: ['image/*'] }));
      const request = { method: 'POST', body: json(result) };
      expect((await images.send(request)).text).toBe('AP+A');
      expect((await images.send({ ...request, headers: { Accept: 'image/png, */*' } })).body).toEqual(body);
    });

    it('is JSON where nobody says what it is', async () => {
      expect((await answer({ statusCode: 200 })).header('content-type')).toBe('application/json');
    });

    it('loses and renames the headers that the service loses and renames', async () => {
      const names = ['Authorization', 'Date', 'Server', 'WWW-Authenticate', 'User-Agent', 'Connection', 'Max-Forwards'];
      const lost = ['Via', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Expect', 'Host', 'Proxy-Authenticate'];
      const headers = Object.fromEntries([...names, ...lost].map((name) => [name, `the ${name}`]));
      const got = await answer({ statusCode: 401, headers });
      for (const name of names) expect(got.header(`x-amzn-remapped-${name}`)).toBe(`the ${name}`);
      for (const name of [...names, ...lost]) expect(got.header(name)).not.toBe(`the ${name}`);
    });

    it('has status and length and no body for HEAD', async () => {
      const length = { 'Content-Length': '1234' };
      const got = await answer({ statusCode: 404, headers: length }, { method: 'HEAD' });
      expect([got.status, got.header('content-length'), got.body.length]).toEqual([404, '1234', 0]);
      const generated = await answer({ statusCode: 200, headers: length, body: 'kept' }, { method: 'HEAD' });
      expect([generated.header('content-length'), generated.body.length]).toEqual(['4', 0]);
    });

    it('has no body for 204 and 304', async () => {
      for (const statusCode of [204, 304]) {
        const got = await answer({ statusCode, headers: { ETag: '"1"' }, body: '' });
        expect([got.status, got.body.length, got.header('etag')]).toEqual([statusCode, 0, '"1"']);
      }
    });

    it.each([
      ['a result that is no object', 'text'],
      ['no result', null],
      ['no status', { body: '' }],
      ['a status that is none', { statusCode: 99 }],
      ['an unknown key', { statusCode: 200, cookies: ['a=1'] }],
      ['a body that is no text', { statusCode: 200, body: {} }],
      ['a header that is no text', { statusCode: 200, headers: { a: {} } }],
      ['a header with a line break', { statusCode: 200, headers: { a: 'b\r\nSet-Cookie: c' } }],
      ['several values in headers', { statusCode: 200, headers: { a: ['b'] } }],
      ['headers of more than 20,480 bytes', { statusCode: 200, headers: { a: repeat(20_500) } }],
    ])('is 502 for %s', async (_what, result) => {
      const got = await answer(result);
      expect([got.status, got.text]).toEqual([502, '{"message":"Internal server error"}']);
    });

    it('is 502 where the function fails, without a word of why but in the log', async () => {
      const failing = await rig.open(gatewayWith('throwing', {}));
      const got = await failing.send();
      expect([got.status, got.text]).toEqual([502, '{"message":"Internal server error"}']);
      expect(failing.lines.some(({ source, text }) => source === 'gateway' && text.includes('secret'))).toBe(true);
    });

    it('is 502 for more than 6 MB, and 502 for a function that streams', async () => {
      const large = await rig.open(gatewayWith('large', {}));
      expect((await large.send({ path: '/?bytes=6200000' })).body).toHaveLength(6_200_000);
      expect((await large.send({ path: '/?bytes=6300000' })).status).toBe(502);
      const streaming = await rig.open(gatewayWith('raw', {}));
      expect((await streaming.send({ method: 'POST', body: prelude({ statusCode: 200 }) })).status).toBe(502);
    });

    it('is 504 where the function takes longer than the integration waits', async () => {
      const slow = await rig.open(gatewayWith('slow', { timeoutMilliseconds: 1_500 }));
      const got = await slow.send({ path: '/?wait=5000' });
      expect([got.status, got.json.message]).toEqual([504, 'Endpoint request timed out']);
      expect((await slow.send()).text).toBe('done');
    });

    it('is 500 where the function has no more concurrency', async () => {
      const model = gatewayWith('slow', {});
      const one = await rig.open({ ...model, function: { ...model.function, reservedConcurrency: 1 } });
      const [first, second] = await Promise.all([one.send({ path: '/?wait=800' }), one.send({ path: '/?wait=800' })]);
      expect([first.status, second.status].sort()).toEqual([200, 500]);
    });
  });

  describe('of a streamed integration', () => {
    let door: TestDoor;
    const stream = (body: string, path = '/') => door.send({ method: 'POST', path, body });
    beforeAll(async () => {
      door = await rig.open(gatewayWith('raw', { transferMode: 'STREAM' }));
    });

    it('has status, headers, every cookie and the bytes after the prelude', async () => {
      const head = { statusCode: 418, headers: { 'X-A': 'b' }, cookies: ['a=1, 2', 'b=3'] };
      const got = await stream(`${prelude(head)}bytes\0\0\0\0\0\0\0\0more`);
      expect([got.status, got.text]).toEqual([418, 'bytes\0\0\0\0\0\0\0\0more']);
      expect([got.header('X-A'), got.header('content-type')]).toEqual(['b', 'application/json']);
      expect(got.all('set-cookie')).toEqual(['a=1, 2', 'b=3']);
    });

    it('comes as it is written', async () => {
      const response = await begin(door.port, {
        method: 'POST',
        path: '/?wait=600',
        body: `${prelude({ statusCode: 200 })}one<PAUSE>two`,
      });
      const times: number[] = [];
      for await (const _ of response) times.push(Date.now());
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(150);
    });

    it('has a prelude that arrives in pieces', async () => {
      const whole = prelude({ statusCode: 201 });
      const pieces = [whole.slice(0, 12), whole.slice(12, -3), `${whole.slice(-3)}body`];
      const got = await stream(pieces.join('<PAUSE>'), '/?wait=30');
      expect([got.status, got.text]).toEqual([201, 'body']);
    });

    it('keeps status and headers without a body', async () => {
      for (const statusCode of [200, 204, 304]) {
        const got = await stream(prelude({ statusCode, headers: { ETag: '"1"' } }));
        expect([got.status, got.header('etag'), got.body.length]).toEqual([statusCode, '"1"', 0]);
      }
    });

    it('has status and length and no body for HEAD', async () => {
      const body = prelude({ statusCode: 404, headers: { 'Content-Length': '1234' } });
      const got = await door.send({ method: 'HEAD', body });
      expect([got.status, got.header('content-length'), got.body.length]).toEqual([404, '1234', 0]);
      expect((await door.send({ method: 'HEAD', body: `${body}ignored` })).body).toHaveLength(0);
    });

    it.each([
      ['no prelude', 'just text'],
      ['nothing at all', ''],
      ['a prelude that is no JSON', `{"statusCode":${'\0'.repeat(8)}`],
      ['a prelude with an unknown key', prelude({ statusCode: 200, body: '' })],
      ['a prelude without a status', prelude({ headers: {} })],
      ['a prelude that ends after 16 KB', prelude({ statusCode: 200, headers: { a: repeat(16_380) } })],
      ['seven NULs', `${json({ statusCode: 200 })}${'\0'.repeat(7)}x`],
    ])('is 502 for %s', async (_what, body) => {
      const got = await stream(body);
      expect([got.status, got.text]).toEqual([502, '{"message":"Internal server error"}']);
    });

    it('is 502 for a function with a buffered result', async () => {
      const buffered = await rig.open(gatewayWith('event', { transferMode: 'STREAM' }));
      expect((await buffered.send()).status).toBe(502);
    });

    it.each([
      ['chunked', {}],
      ['with a length', { 'Content-Length': '1000' }],
    ])('that is %s and breaks off is cut and never looks complete', async (_what, headers) => {
      const broken = stream(`${prelude({ statusCode: 200, headers })}half<PAUSE>`, '/?break=1&wait=50');
      await expect(broken).rejects.toThrow(/aborted|closed|hang up/);
    });

    it('that is shorter than its length is cut', async () => {
      await expect(stream(`${prelude({ statusCode: 200, headers: { 'Content-Length': '5' } })}four`)).rejects.toThrow();
      const whole = await stream(`${prelude({ statusCode: 200, headers: { 'Content-Length': '4' } })}four`);
      expect([whole.text, whole.header('content-length')]).toEqual(['four', '4']);
    });

    it('is 504 before it has begun and is cut afterwards, where time is up', async () => {
      const slow = await rig.open(gatewayWith('raw', { transferMode: 'STREAM', timeoutMilliseconds: 1_500 }));
      const request = { method: 'POST', path: '/?wait=5000' };
      const begun = slow.send({ ...request, body: `${prelude({ statusCode: 200 })}x<PAUSE>late` });
      const late = slow.send({ ...request, body: '<PAUSE>late' });
      await expect(begun).rejects.toThrow();
      expect((await late).status).toBe(504);
    });

    it('ends for the function too, when the client leaves', async () => {
      const endless = await rig.open(gatewayWith('endless', { transferMode: 'STREAM' }));
      const response = await begin(endless.port);
      response.destroy();
      for (let tries = 0; tries < 250; tries += 1) {
        if (endless.lines.some(({ text }) => text.includes('"event":"closed"'))) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error('the function was never told');
    });
  });
});
