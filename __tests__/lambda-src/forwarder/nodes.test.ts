import { randomInt } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describeWith } from '../../requirements';
import { gatewayEvent } from './events';
import { modes, Rig, type TestForwarder } from './rig';

const addresses = ['127.0.0.11', '127.0.0.12', '127.0.0.13'] as const;
type Address = (typeof addresses)[number];

describeWith(['openssl', 'loopback'], 'a door with three nodes behind it', () => {
  let rig: Rig;
  let port: number;
  let forwarder: TestForwarder;
  beforeAll(() => {
    rig = Rig.start();
  });
  afterAll(() => rig.stop());
  beforeEach(() => {
    port = randomInt(20_000, 30_000); // below what the system gives away; the same at every address
    forwarder = rig.forwarder(port, { addresses });
  });

  /** A node that answers every request with its own address. */
  const node = (address: Address, listener?: RequestListener) =>
    rig.https(listener ?? ((_request, response) => response.end(address)), {}, { address, port });
  const nodes = () => Promise.all(addresses.map((address) => node(address)));
  /** Bodies of so many answers in a row; of those that are none, the error's type. */
  async function answers(count: number, method = 'GET'): Promise<string[]> {
    const bodies: string[] = [];
    for (let i = 0; i < count; i++) bodies.push(await answer(method));
    return bodies;
  }
  async function answer(method = 'GET'): Promise<string> {
    const { status, body } = await forwarder.send('streaming', gatewayEvent({ method, body: '{}' }));
    return status === 200 ? body.toString() : JSON.parse(body.toString()).error.type;
  }
  const timed = async <Result>(action: () => Promise<Result>): Promise<[Result, number]> => {
    const began = Date.now();
    return [await action(), Date.now() - began];
  };

  it('asks them in turn, over kept connections', async () => {
    const origins = await nodes();
    const bodies = await answers(9);
    for (const [index, body] of bodies.entries()) expect(body).toBe(bodies[index % 3]);
    expect(new Set(bodies).size).toBe(3);
    expect(origins.map((origin) => origin.connections())).toEqual([1, 1, 1]);
  });

  it.each(modes)('%s: sends what one does not take to the next, a POST too', async (mode) => {
    await Promise.all([node('127.0.0.11'), node('127.0.0.13')]); // the second refuses
    for (const method of ['GET', 'POST', 'PATCH', 'POST', 'PUT', 'POST']) {
      expect((await forwarder.send(mode, gatewayEvent({ method, body: '{}' }))).status).toBe(200);
    }
    expect(forwarder.takeLog()).toEqual([]);
  });

  it('finds the one that is left, within a second, of which the others take connections and say nothing', async () => {
    for (const address of ['127.0.0.11', '127.0.0.12'] as const) await rig.tcp(() => undefined, { address, port });
    await node('127.0.0.13');
    const [body, milliseconds] = await timed(() => answer('POST'));
    expect(body).toBe('127.0.0.13');
    expect(milliseconds).toBeLessThan(1_000);
    await answers(2, 'POST');
    const [again, remembered] = await timed(() => answers(3, 'POST'));
    expect(again).toEqual(Array(3).fill('127.0.0.13'));
    expect(remembered).toBeLessThan(300);
  });

  it('asks one that failed again after a while', async () => {
    const [first] = await nodes();
    await first?.close();
    expect(new Set(await answers(6))).toEqual(new Set(['127.0.0.12', '127.0.0.13']));
    await node('127.0.0.11');
    expect(await answers(6)).not.toContain('127.0.0.11');
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 11_000);
    try {
      expect(await answers(6)).toContain('127.0.0.11');
    } finally {
      clock.mockRestore();
    }
  });

  it('goes to another node where a kept connection turns out dead, and at most once', async () => {
    const seen: string[] = [];
    const sour = (address: Address) =>
      rig.tls(
        (socket, below) => {
          let count = 0;
          socket.on('data', () => {
            count += 1;
            seen.push(address);
            if (count === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
            else below.resetAndDestroy();
          });
        },
        {},
        { address, port },
      );
    for (const address of addresses) await sour(address);
    expect(await answers(3)).toEqual(['ok', 'ok', 'ok']);
    seen.length = 0;
    expect(await answer('GET')).toBe('ok');
    expect(seen).toHaveLength(2);
    expect(new Set(seen).size).toBe(2);
  });

  it('asks another one where one answers 503, once, and lets the client see the second 503', async () => {
    const busy: RequestListener = (_request, response) => response.writeHead(503).end('{"error":{"type":"no_master"}}');
    await Promise.all([node('127.0.0.11', busy), node('127.0.0.12'), node('127.0.0.13')]);
    expect(await answers(6)).not.toContain('no_master');
    await rig.stop();
    rig = Rig.start();
    forwarder = rig.forwarder(port, { addresses });
    const asked: Address[] = [];
    for (const address of addresses)
      await node(address, (request, response) => {
        asked.push(address);
        busy(request, response);
      });
    expect(await answer('GET')).toBe('no_master');
    expect(asked).toHaveLength(2);
    asked.length = 0;
    expect(await answer('POST')).toBe('no_master'); // it may have been done
    expect(asked).toHaveLength(1);
  });

  describe('of which one falls silent', () => {
    /** Nodes of which `halt` makes one take no byte any more, as SIGSTOP or a cut network does. */
    async function haltable(): Promise<{ halt(address: Address): void; goOn(): void }> {
      const halted = new Set<Address>();
      const { certificate: cert, key } = rig.leaf;
      const held: (() => void)[] = [];
      for (const address of addresses) {
        const server = createServer({ cert, key }, (_request, response) => {
          const answer = () => response.end(address);
          if (halted.has(address)) held.push(answer);
          else answer();
        });
        await rig.tcp(
          (below: Socket) => {
            if (!halted.has(address)) server.emit('connection', below);
          },
          { address, port },
        );
      }
      return {
        halt: (address) => halted.add(address),
        goOn: () => {
          halted.clear();
          for (const answer of held.splice(0)) answer();
        },
      };
    }

    it('a GET over a kept connection is answered by another within a second', async () => {
      const { halt } = await haltable();
      await answers(3);
      halt('127.0.0.12');
      const [bodies, milliseconds] = await timed(() => answers(3));
      expect(bodies).not.toContain('127.0.0.12');
      expect(bodies.every((body) => body.startsWith('127.'))).toBe(true);
      expect(milliseconds).toBeLessThan(1_300); // once, for all three
    });

    it('a POST, which may have been done, is given up after some seconds', async () => {
      const { halt } = await haltable();
      await answers(3, 'POST');
      halt('127.0.0.12');
      const [bodies, milliseconds] = await timed(() => answers(3, 'POST'));
      expect(bodies.sort()).toEqual([expect.stringMatching(/^127/), expect.stringMatching(/^127/), 'origin_reset']);
      expect(milliseconds).toBeGreaterThan(3_000);
      expect(milliseconds).toBeLessThan(7_000);
      expect(forwarder.takeLog()).toMatchObject([{ event: 'origin_reset', origin: `127.0.0.12:${port}` }]);
    });

    it('a POST to one that halts for a moment is answered', async () => {
      const { halt, goOn } = await haltable();
      await answers(3, 'POST');
      halt('127.0.0.12');
      setTimeout(goOn, 1_500);
      expect((await answers(3, 'POST')).sort()).toEqual([...addresses]);
    });

    it('one that is only slow is waited for', async () => {
      const slow: RequestListener = (_request, response) => void wait(1_200).then(() => response.end('slow'));
      for (const address of addresses) await node(address, slow);
      expect(await answers(2, 'POST')).toEqual(['slow', 'slow']);
    });
  });

  it('tells that all are away, with the address that it asked last, and remembers none of them for good', async () => {
    expect(await answer('POST')).toBe('origin_unreachable');
    expect(forwarder.takeLog()).toMatchObject([
      { event: 'origin_unreachable', origin: expect.stringMatching(/^127\.0\.0\.1[123]:/) },
    ]);
    await nodes();
    expect(await answer('POST')).toMatch(/^127/);
  });
});
