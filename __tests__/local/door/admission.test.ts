import { TokenBucket } from '../../../local/door/token-bucket';
import { allow, DoorRig, gateway, gatewayWith, policyOf, route, type TestDoor } from './gateway';

describe('who comes through the door', () => {
  const rig = new DoorRig();
  afterAll(() => rig.stop());

  describe('by host name', () => {
    let door: TestDoor;
    beforeAll(async () => {
      door = await rig.open(gateway('event'));
    });

    it('is whoever asks for the mapped domain, or for the door itself', async () => {
      for (const host of ['search.example.com', 'SEARCH.example.com:443', `localhost:${door.port}`]) {
        const answer = await door.send({ headers: { host } });
        expect(answer.status).toBe(200);
        expect(answer.json.headers.Host).toBe('search.example.com');
        expect(answer.json.requestContext).toMatchObject({ domainName: 'search.example.com', domainPrefix: 'search' });
      }
    });

    it('is nobody who asks for another, and that is said without a word of the API', async () => {
      for (const host of ['evil.example', 'abcdef1234.execute-api.us-east-1.amazonaws.com', 'localhost:1']) {
        const answer = await door.send({ headers: { host } });
        expect(answer.status).toBe(403);
        expect(answer.text).toBe('{"message":"Forbidden"}');
      }
    });

    it('is decided by the host in an absolute request line', async () => {
      expect((await door.send({ path: 'http://evil.example/' })).status).toBe(403);
      const answer = await door.send({ path: 'http://search.example.com/a?b', headers: { host: 'evil.example' } });
      expect(answer.json).toMatchObject({ path: '/a', queryStringParameters: { b: '' } });
    });
  });

  describe('by base path and stage', () => {
    it('is who names the base path; the function sees it', async () => {
      const domains = [{ domainName: 'search.example.com', basePath: 'v1', stage: 'live' }];
      const door = await rig.open(gateway('event', { domains }));
      const { json } = await door.send({ path: '/v1/index/_doc/1' });
      expect(json).toMatchObject({ path: '/v1/index/_doc/1', pathParameters: { proxy: 'index/_doc/1' } });
      expect((await door.send({ path: '/index' })).status).toBe(403);
    });

    it('is who names the stage where the mapping names none', async () => {
      const door = await rig.open(gateway('event', { domains: [{ domainName: 'search.example.com', basePath: '' }] }));
      const { json } = await door.send({ path: '/live/index' });
      expect(json).toMatchObject({ path: '/live/index', resource: '/{proxy+}', pathParameters: { proxy: 'index' } });
      expect((await door.send({ path: '/other/index' })).status).toBe(403);
    });
  });

  describe('by address', () => {
    it('is not a stranger, whatever X-Forwarded-For says', async () => {
      const door = await rig.open(gateway('event'));
      expect((await door.send()).json.requestContext.identity.sourceIp).toBe('203.0.113.1');
      const headers = { 'X-Forwarded-For': '203.0.113.1' };
      const stranger = await door.send({ from: '127.0.0.2', headers });
      expect(stranger.status).toBe(403);
      expect(stranger.json.message).toContain('is not authorized to perform: execute-api:Invoke');
      const claimed = await door.send({ headers: { 'X-Forwarded-For': '192.0.2.66' } });
      expect(claimed.json.headers['X-Forwarded-For']).toBe('192.0.2.66, 203.0.113.1');
    });

    it('may come from an IPv6 block', async () => {
      const door = await rig.open(gateway('event', { policy: policyOf(allow('2001:db8:1::/48')) }));
      expect((await door.send()).json.requestContext.identity.sourceIp).toBe('2001:db8:1::1');
      expect((await door.send({ from: '127.0.0.2' })).status).toBe(403);
    });

    it('is anybody where there is no policy', async () => {
      const door = await rig.open(gateway('event', { policy: undefined }));
      expect((await door.send({ from: '127.0.0.2' })).status).toBe(200);
    });

    it('is nobody where the policy lets nobody in: such a door does not open', async () => {
      const policy = policyOf(allow('203.0.113.0/24'), { ...allow('0.0.0.0/0', '::/0'), Effect: 'Deny' });
      await expect(rig.open(gateway('event', { policy }))).rejects.toThrow('lets nobody in');
    });
  });

  describe('by method and required header', () => {
    let door: TestDoor;
    beforeAll(async () => {
      const guarded = { requiredHeaders: ['Authorization'] };
      const routes = [
        route('/', guarded),
        route('/{proxy+}', guarded),
        route('/{proxy+}', { method: 'OPTIONS' }),
        route('/ui/{proxy+}', { method: 'GET' }),
      ];
      door = await rig.open(gateway('event', { routes }));
    });

    it('is who brings the header, in any case and with any value', async () => {
      expect((await door.send({ headers: { authorization: 'anything' } })).status).toBe(200);
      expect((await door.send({ headers: { AUTHORIZATION: 'anything' }, path: '/a/b' })).status).toBe(200);
    });

    it('is not who lacks it or leaves it blank', async () => {
      const answer = await door.send();
      expect([answer.status, answer.text]).toEqual([
        400,
        '{"message":"Missing required request parameters: [Authorization]"}',
      ]);
      expect((await door.send({ headers: { Authorization: ' ' } })).status).toBe(400);
    });

    it('is a preflight request without it, where OPTIONS has a method of its own', async () => {
      expect((await door.send({ method: 'OPTIONS', path: '/a' })).status).toBe(200);
      expect((await door.send({ method: 'OPTIONS', path: '/' })).status).toBe(400);
    });

    it('is nobody with a method that a more particular path does not have', async () => {
      expect((await door.send({ path: '/ui/asset.js' })).json.resource).toBe('/ui/{proxy+}');
      const refused = await door.send({ path: '/ui/asset.js', method: 'POST' });
      expect([refused.status, refused.json.message]).toEqual([403, 'Missing Authentication Token']);
    });

    it('is nobody with a method that ANY does not stand for', async () => {
      const headers = { authorization: 'anything' };
      expect((await door.send({ method: 'PROPFIND', headers })).status).toBe(403);
    });

    it('is who overrides the method: as the new one', async () => {
      const headers = { 'X-HTTP-Method-Override': 'DELETE', authorization: 'anything' };
      const { json } = await door.send({ method: 'POST', path: '/a', headers });
      expect(json).toMatchObject({ httpMethod: 'DELETE', requestContext: { httpMethod: 'DELETE' } });
      expect((await door.send({ method: 'POST', headers: { 'X-HTTP-Method-Override': 'OPTIONS' } })).status).toBe(400);
    });
  });

  describe('by number', () => {
    it('is a burst', async () => {
      const door = await rig.open(gatewayWith('event', { throttle: { rate: 0.01, burst: 3 } }));
      const statuses = [];
      for (let count = 0; count < 5; count += 1) statuses.push((await door.send()).status);
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
    });

    it('is as many as the rate allows afterwards', () => {
      let now = 0;
      const bucket = new TokenBucket({ rate: 2, burst: 3 }, () => now);
      const passed = () => Array.from({ length: 5 }, () => bucket.take()).filter(Boolean).length;
      expect(passed()).toBe(3);
      now = 400;
      expect(passed()).toBe(0);
      now = 1_000;
      expect(passed()).toBe(2);
      now = 60_000;
      expect(passed()).toBe(3);
    });

    it('is who asks for another resource meanwhile', async () => {
      const throttle = { rate: 0.01, burst: 1 };
      const door = await rig.open(gateway('event', { routes: [route('/', { throttle }), route('/{proxy+}')] }));
      expect((await door.send()).status).toBe(200);
      expect((await door.send()).json.message).toBe('Too Many Requests');
      expect((await door.send({ path: '/a' })).status).toBe(200);
    });
  });

  describe('by size', () => {
    let door: TestDoor;
    beforeAll(async () => {
      door = await rig.open(gatewayWith('event', {}));
    });

    it.each([
      ['a URL of more than 10,240 characters', { path: `/?${'x'.repeat(10_240)}` }, 414],
      ['a path that makes the method ARN longer than 1,600 bytes', { path: `/${'x'.repeat(1_600)}` }, 414],
      ['headers of more than 20,480 bytes', { headers: { a: 'x'.repeat(10_000), b: 'x'.repeat(10_500) } }, 431],
      ['a request of more than 10 MB', { method: 'POST', body: Buffer.alloc(10_485_761) }, 413],
      ['a request that makes an event of more than 6 MB', { method: 'POST', body: Buffer.alloc(4_800_000) }, 413],
    ])('is not %s', async (_what, request, status) => {
      expect((await door.send(request)).status).toBe(status);
    });

    it('is not a chunked request of more than 10 MB', async () => {
      const headers = { 'Transfer-Encoding': 'chunked' };
      expect((await door.send({ method: 'POST', headers, body: Buffer.alloc(10_485_761) })).status).toBe(413);
    });

    it.each([
      ['a URL of 10,240 characters', { path: `/?${'x'.repeat(10_238)}` }],
      ['a path of 1,500 bytes', { path: `/${'x'.repeat(1_500)}` }],
      ['headers of almost 20,480 bytes', { headers: { a: 'x'.repeat(10_000), b: 'x'.repeat(10_300) } }],
    ])('is %s', async (_what, request) => {
      expect((await door.send(request)).status).toBe(200);
    });
  });
});
