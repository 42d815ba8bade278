import { begin } from './client';
import { type DoorRig, gateway, gatewayWith, json } from './gateway';

const prelude = `${json({ statusCode: 200 })}${'\0'.repeat(8)}`;

/** What a door has to keep to, each for itself: it throws where it does not. Kept by this project's, broken by planted faults. */
export const checks = {
  async 'a stranger is refused'(rig: DoorRig) {
    const door = await rig.open(gateway('event'));
    expect((await door.send()).status).toBe(200);
    expect((await door.send({ from: '127.0.0.2' })).status).toBe(403);
  },

  async 'nobody becomes a friend by X-Forwarded-For'(rig: DoorRig) {
    const door = await rig.open(gateway('event'));
    const headers = { 'X-Forwarded-For': '203.0.113.1' };
    expect((await door.send({ from: '127.0.0.2', headers })).status).toBe(403);
  },

  async 'a required header is required'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('event', { requiredHeaders: ['Authorization'] }));
    expect((await door.send({ headers: { Authorization: 'x' } })).status).toBe(200);
    expect((await door.send()).status).toBe(400);
  },

  async 'more than the burst is throttled'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('event', { throttle: { rate: 0.01, burst: 1 } }));
    expect((await door.send()).status).toBe(200);
    expect((await door.send()).status).toBe(429);
  },

  async 'another host name leads nowhere'(rig: DoorRig) {
    const door = await rig.open(gateway('event'));
    expect((await door.send({ headers: { Host: 'search.example.com' } })).status).toBe(200);
    expect((await door.send({ headers: { Host: 'other.example.com' } })).status).toBe(403);
  },

  async 'a path stays as the client wrote it'(rig: DoorRig) {
    const door = await rig.open(gateway('event'));
    expect((await door.send({ path: '/a%2Fb/../c' })).json.path).toBe('/a%2Fb/../c');
  },

  async 'a query is decoded'(rig: DoorRig) {
    const door = await rig.open(gateway('event'));
    expect((await door.send({ path: '/?a=1+2&a=%2B' })).json.multiValueQueryStringParameters).toEqual({
      a: ['1 2', '+'],
    });
  },

  async 'every cookie arrives by itself'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('result', {}));
    const body = json({ statusCode: 200, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] } });
    expect((await door.send({ method: 'POST', body })).all('set-cookie')).toEqual(['a=1', 'b=2']);
  },

  async 'a function can not make a browser ask for a password'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('result', {}));
    const body = json({ statusCode: 401, headers: { 'WWW-Authenticate': 'Basic' } });
    const answer = await door.send({ method: 'POST', body });
    expect([answer.header('www-authenticate'), answer.header('x-amzn-remapped-www-authenticate')]).toEqual([
      undefined,
      'Basic',
    ]);
  },

  async 'a result with an unknown key is refused'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('result', {}));
    const body = json({ statusCode: 200, cookies: ['a=1'] });
    expect((await door.send({ method: 'POST', body })).status).toBe(502);
  },

  async 'a client learns nothing of a failure'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('throwing', {}));
    const answer = await door.send();
    expect(answer.status).toBe(502);
    expect(answer.text).not.toContain('secret');
  },

  async 'an answer that breaks off never looks complete'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('raw', { transferMode: 'STREAM' }));
    expect((await door.send({ method: 'POST', body: `${prelude}whole` })).text).toBe('whole');
    const broken = door.send({ method: 'POST', path: '/?break=1&wait=50', body: `${prelude}half<PAUSE>` });
    await expect(broken).rejects.toThrow();
  },

  async 'a stream without a prelude is refused'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('raw', { transferMode: 'STREAM' }));
    expect((await door.send({ method: 'POST', body: prelude })).status).toBe(200);
    expect((await door.send({ method: 'POST', body: json({ statusCode: 200 }) })).status).toBe(502);
  },

  async 'a function learns that its client has left'(rig: DoorRig) {
    const door = await rig.open(gatewayWith('endless', { transferMode: 'STREAM' }));
    (await begin(door.port)).destroy();
    for (const deadline = Date.now() + 5_000; Date.now() < deadline; ) {
      if (door.lines.some(({ text }) => text.includes('"event":"closed"'))) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('the function was never told');
  },
};
