import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { describeWith } from '../../requirements';
import { gatewayEvent } from './events';
import { StandInResponseStream } from './response-stream';
import { Rig } from './rig';

const MB = 1024 * 1024;
const endless = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

describeWith(['openssl'], 'a streamed answer', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = Rig.start();
  });
  afterAll(() => rig.stop());

  it('begins when the origin begins, and goes on as the origin goes on', async () => {
    const sent: number[] = [];
    const origin = await rig.https(async (_request, response) => {
      response.setHeader('content-type', 'text/event-stream').flushHeaders();
      for (const text of ['one', 'two', 'three']) {
        await wait(60);
        sent.push(performance.now());
        response.write(`data: ${text}\n\n`);
      }
      response.end();
    });
    const out = new StandInResponseStream();
    await rig.forwarder(origin.port).streaming(gatewayEvent(), out);
    expect(out.answer().body.toString()).toBe('data: one\n\ndata: two\n\ndata: three\n\n');
    // The head has come before the first byte of the body was sent, and each part before the next.
    expect(out.arrivals).toHaveLength(4);
    const [head, ...parts] = out.arrivals.map(({ time }) => time);
    expect(head).toBeLessThan(sent[0] ?? 0);
    for (const [index, time] of parts.entries()) {
      expect(time).toBeGreaterThan(sent[index] ?? Number.NaN);
      expect(time).toBeLessThan(sent[index + 1] ?? Number.POSITIVE_INFINITY);
    }
  });

  it('goes out in one piece with its head where it came in one', async () => {
    const origin = await rig.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const out = new StandInResponseStream();
    await rig.forwarder(origin.port).streaming(gatewayEvent(), out);
    expect([out.arrivals.length, out.answer().body.toString()]).toEqual([1, 'ok']);
  });

  it('comes no faster than the client takes it', async () => {
    let written = 0;
    const origin = await rig.https(async (_request, response) => {
      const block = Buffer.alloc(64 * 1024);
      while (written < 64 * MB) {
        written += block.length;
        if (!response.write(block)) await once(response, 'drain');
      }
      response.end();
    });
    let go = () => undefined as unknown;
    let taken = 0;
    const out = new StandInResponseStream((bytes, ready) => {
      taken += bytes.length;
      if (taken < MB) ready();
      else go = ready;
    }, false);
    const done = rig.forwarder(origin.port).streaming(gatewayEvent(), out);
    await wait(400);
    const held = written;
    await wait(200);
    expect(written).toBe(held); // the origin stands still, since the client does
    expect(held - taken).toBeLessThan(16 * MB); // what sockets hold
    taken = Number.NEGATIVE_INFINITY;
    go();
    await done;
    expect(out.bytes).toBeGreaterThan(64 * MB);
  });

  it('of 200 MB goes through in flat memory', async () => {
    const size = 200 * MB;
    const origin = await rig.https(async (_request, response) => {
      const block = Buffer.alloc(64 * 1024, 'x');
      response.setHeader('content-length', size);
      for (let sent = 0; sent < size; sent += block.length) {
        if (!response.write(block)) await once(response, 'drain');
      }
      response.end();
    });
    const forwarder = rig.forwarder(origin.port);
    const idle = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const out = new StandInResponseStream((_bytes, ready) => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
      setImmediate(ready);
    }, false);
    await forwarder.streaming(gatewayEvent(), out);
    expect(out.bytes).toBeGreaterThan(size);
    // Garbage is there until it is collected, and origin and client are in this process too: still far from what was sent.
    expect(peak - idle).toBeLessThan(80 * MB);
  });

  describe.each([
    ['before the answer', ''],
    ['within the answer', `${endless}${chunk('a')}`],
  ])('whose client leaves %s', (_when, beginning) => {
    it('ends the request at the origin', async () => {
      const out = new StandInResponseStream();
      let left: Promise<unknown> | undefined;
      const origin = await rig.tls((socket) => {
        left = once(socket, 'close');
        socket.once('data', () => {
          socket.write(beginning);
          setTimeout(() => out.destroy(), 30);
        });
      });
      const forwarder = rig.forwarder(origin.port);
      await forwarder.streaming(gatewayEvent({ method: 'POST', body: '{}' }), out);
      await left;
      expect(forwarder.takeLog()).toMatchObject([{ level: 'INFO', event: 'client_left' }]);
    });
  });

  describe('whose origin dies midway', () => {
    it.each([
      ['of a known length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'response_truncated'],
      ['in chunks', `${endless}${chunk('half')}`, 'response_truncated'],
    ])('is visibly broken: %s', async (_name, bytes, event) => {
      const origin = await rig.answering(bytes, (socket) => setTimeout(() => socket.destroy(), 30));
      const forwarder = rig.forwarder(origin.port);
      const out = new StandInResponseStream();
      await expect(forwarder.streaming(gatewayEvent(), out)).rejects.toThrow('broke off');
      expect([out.destroyed, out.writableFinished]).toEqual([true, false]);
      expect(out.answer().body.toString()).toBe('half');
      expect(forwarder.takeLog()).toMatchObject([{ level: 'ERROR', event }]);
    });

    it('is visibly broken where what follows is no chunk', async () => {
      const origin = await rig.answering(`${endless}${chunk('half')}`, (socket) =>
        setTimeout(() => socket.write('zzz\r\n'), 30),
      );
      const forwarder = rig.forwarder(origin.port);
      const out = new StandInResponseStream();
      await expect(forwarder.streaming(gatewayEvent(), out)).rejects.toThrow();
      expect([out.destroyed, out.writableFinished]).toEqual([true, false]);
      expect(forwarder.takeLog()).toMatchObject([{ event: 'origin_invalid_response', code: 'HPE_INVALID_CHUNK_SIZE' }]);
    });

    it('is visibly broken where Lambda would end the function', async () => {
      const origin = await rig.answering(`${endless}${chunk('half')}`);
      const forwarder = rig.forwarder(origin.port);
      const out = new StandInResponseStream();
      const hurried = { getRemainingTimeInMillis: () => 700 };
      await expect(forwarder.streaming(gatewayEvent(), out, hurried)).rejects.toThrow('in time');
      expect([out.destroyed, out.writableFinished]).toEqual([true, false]);
      expect(forwarder.takeLog()).toMatchObject([{ event: 'origin_timeout' }]);
    });
  });

  describe('and its prelude', () => {
    const fields = (bytes: number) =>
      `HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(bytes)}\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\n\r\nok`;

    it('may fill 16 KB', async () => {
      const empty = JSON.stringify({
        statusCode: 200,
        headers: { 'X-Large': '', 'Content-Length': '2' },
        cookies: ['a=1'],
      });
      const room = 16 * 1024 - 8 - empty.length;
      const fits = await rig.forwarder((await rig.answering(fields(room))).port).send('streaming', gatewayEvent());
      expect([fits.status, fits.headers['x-large']?.[0]?.length]).toEqual([200, room]);
      const over = await rig.forwarder((await rig.answering(fields(room + 1))).port).send('streaming', gatewayEvent());
      expect([over.status, over.body.toString()]).toEqual([502, expect.stringContaining('16 KB')]);
    });

    it('is measured in bytes, not characters', async () => {
      const origin = await rig.answering(fields(9_000).replaceAll('x', '\u00fc'));
      expect((await rig.forwarder(origin.port).send('streaming', gatewayEvent())).status).toBe(502);
    });
  });
});
