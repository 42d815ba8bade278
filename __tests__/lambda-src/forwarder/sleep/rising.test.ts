import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PowerConfiguration } from '../../../../lambda-src/forwarder/configuration';
import { describeWith } from '../../../requirements';
import { gatewayEvent } from '../events';
import { modes, Rig, type TestForwarder } from '../rig';

const addresses = ['127.0.0.11', '127.0.0.12'] as const;
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const started = (minutes: number) => ({ state: 'running', since: ago(minutes), runningSince: ago(minutes) });

describeWith(
  ['openssl', 'loopback'],
  'a cluster that comes up, its nodes answering before all shards are there',
  () => {
    let rig: Rig;
    let state: object;
    let health: string;
    /** What the nodes were asked, by whom. */
    let asked: string[];
    let forwarder: TestForwarder;
    let open: (several: boolean, hold?: number) => TestForwarder;
    const published = createServer((_request, response) => response.end(JSON.stringify(state)));

    beforeAll(async () => {
      rig = Rig.start();
      published.listen(0, '127.0.0.1');
      await once(published, 'listening');
    });
    afterAll(async () => {
      published.close();
      await rig.stop();
    });

    beforeEach(async () => {
      [state, health, asked] = [started(1), '{"status":"red"}', []];
      const port = randomInt(20_000, 30_000); // below what the system gives away; the same at every address
      for (const address of addresses)
        await rig.https(
          (request, response) => {
            asked.push(`${request.url} ${request.headers.authorization}`);
            response.end(request.url?.startsWith('/_cluster/health?') ? health : 'an answer');
          },
          {},
          { address, port },
        );
      const stateUrl = `http://127.0.0.1:${(published.address() as AddressInfo).port}/state.json`;
      open = (several, hold = 0) => {
        const power: PowerConfiguration = {
          stateUrl,
          wake: 'requests',
          tokenHash: undefined,
          hold,
          useNeedsCredentials: false,
        };
        return rig.forwarder(port, { addresses: several ? addresses : [addresses[0]], power });
      };
      forwarder = open(true);
    });

    async function ask(path = '/notes/_search', { mode = modes[0] as (typeof modes)[number], by = forwarder } = {}) {
      const headers: [string, string][] = [['Authorization', 'Basic reader']];
      const answer = await by.send(mode, gatewayEvent({ method: 'POST', path, headers, body: '{}' }));
      const body = answer.body.toString();
      return answer.status === 200 ? body : `${answer.status} ${JSON.parse(body).error.type}`;
    }
    const healthAsked = () => asked.filter((line) => line.startsWith('/_cluster/health?'));

    it.each(modes)(
      '%s: is said to be waking for as long as it is red, which is asked for as the client',
      async (mode) => {
        expect(await ask('/notes/_search', { mode })).toBe('503 host_booting');
        expect(healthAsked()).toEqual(['/_cluster/health?filter_path=status Basic reader']);
        health = '{"status":"yellow"}';
        expect(await ask('/notes/_search', { mode })).toBe('an answer');
      },
    );

    it('is searched again once it is yellow, where the request is held', async () => {
      setTimeout(() => {
        health = '{"status":"yellow"}';
      }, 500);
      expect(await ask('/notes/_search', { by: open(true, 10_000) })).toBe('an answer');
    });

    it('is not looked at any more once it was yellow, or has run for some minutes', async () => {
      health = '{"status":"green"}';
      for (let i = 0; i < 3; i++) expect(await ask()).toBe('an answer');
      expect(healthAsked()).toHaveLength(1);
      forwarder = open(true);
      [state, health, asked] = [started(10), '{"status":"red"}', []];
      for (let i = 0; i < 3; i++) expect(await ask()).toBe('an answer');
      expect(healthAsked()).toEqual([]);
    });

    it('keeps nobody from an answer who may not see the health', async () => {
      health = '{"error":{"type":"security_exception"},"status":403}';
      expect(await ask()).toBe('an answer');
    });

    it('takes writes, and answers what is not short of anything', async () => {
      for (const path of ['/notes/_bulk', '/notes/_doc/1', '/_cluster/health'])
        expect(await ask(path)).toBe('an answer');
      expect(healthAsked()).toEqual([]);
    });

    it('is no matter of a single node, where nothing is looked at', async () => {
      expect(await ask('/notes/_search', { by: open(false) })).toBe('an answer');
      expect(healthAsked()).toEqual([]);
    });
  },
);
