import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Configuration, PowerConfiguration } from '../../../../lambda-src/forwarder/configuration';
import { describeWith } from '../../../requirements';
import { type ClientRequest, gatewayEvent } from '../events';
import { type LogLine, type Mode, modes, Rig, type TestOrigin } from '../rig';

const token = 'correct-horse-battery-staple';
const tokenHash = createHash('sha256').update(token).digest('hex');
const navigation: [string, string][] = [
  ['Accept', 'text/html,application/xhtml+xml'],
  ['Sec-Fetch-Mode', 'navigate'],
];
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

describeWith(['openssl'], 'a request while the host is away', () => {
  let rig: Rig;
  /** Takes connections and says nothing, as an address without a host does. */
  let silent: TestOrigin;
  let state: object | undefined;
  let reads = 0;
  const published = createServer((_request, response) => {
    reads += 1;
    if (state === undefined) response.statusCode = 404;
    response.end(JSON.stringify(state ?? {}));
  });
  let power: PowerConfiguration;

  beforeAll(async () => {
    rig = Rig.start();
    silent = await rig.tcp(() => undefined);
    published.listen(0, '127.0.0.1');
    await once(published, 'listening');
    const stateUrl = `http://127.0.0.1:${(published.address() as AddressInfo).port}/state.json`;
    power = { stateUrl, wake: 'requests', tokenHash: undefined, hold: 0, useNeedsCredentials: false };
  });

  beforeEach(() => {
    state = { state: 'asleep', since: ago(60), wakes: { day: '2026-03-02', count: 0 } };
    reads = 0;
  });

  afterAll(async () => {
    published.close();
    await rig.stop();
  });

  interface Outcome {
    status: number;
    type: string | undefined;
    reason: string;
    body: string;
    headers: Record<string, string>;
    log: LogLine[];
  }

  async function ask(
    request: ClientRequest = {},
    change: Partial<PowerConfiguration> = {},
    { port = silent.port, mode = 'streaming' as Mode, more = {} as Partial<Configuration> } = {},
  ): Promise<Outcome> {
    const forwarder = rig.forwarder(port, { connectTimeout: 60, power: { ...power, ...change }, ...more });
    const answer = await forwarder.send(mode, gatewayEvent({ method: 'POST', body: '{}', ...request }));
    const body = answer.body.toString();
    const error = body.startsWith('{') ? JSON.parse(body).error : undefined;
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
    return {
      status: answer.status,
      type: error?.type,
      reason: error?.reason ?? '',
      body,
      headers,
      log: forwarder.takeLog(),
    };
  }

  const get = (headers: [string, string][] = [], query: [string, string][] = []): ClientRequest => ({
    method: 'GET',
    body: null,
    path: '/app/home',
    headers,
    query,
  });
  /** Whether the power function was asked, by the very line that its subscription looks for. */
  const woke = ({ log }: Outcome) => log.some(({ event, wake }) => event === 'origin_unreachable' && wake === true);

  describe.each(modes)('%s', (mode) => {
    it('is answered in the shape of Elasticsearch, with a time to come back, and wakes the host', async () => {
      const outcome = await ask({}, {}, { mode });
      expect(outcome).toMatchObject({ status: 503, type: 'host_asleep', headers: { 'retry-after': '15' } });
      expect(outcome.reason).toContain('it is being woken');
      expect(woke(outcome)).toBe(true);
      expect(outcome.log).toHaveLength(1);
    });

    it('shows a browser a page instead', async () => {
      const { status, headers, body } = await ask(get(navigation), {}, { mode });
      expect(status).toBe(503);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(body).toContain('<h1>Waking up</h1>');
    });

    it('that is only a ping of the schedule reaches nobody and wakes nobody', async () => {
      const before = silent.connections();
      const forwarder = rig.forwarder(silent.port, { power });
      const answer = await forwarder.send(mode, { ping: true });
      expect([answer.status, forwarder.takeLog(), silent.connections()]).toEqual([204, [], before]);
    });
  });

  describe('says what is the matter', () => {
    it.each([
      ['asleep', { state: 'asleep' }, 'host_asleep', true],
      ['just told to start', { state: 'waking', since: ago(0) }, 'host_booting', false],
      ['told to start three minutes ago', { state: 'waking', since: ago(3) }, 'host_booting', true],
      ['told to start an hour ago', { state: 'waking', since: ago(60) }, 'origin_unreachable', true],
      ['running for a minute', { state: 'running', since: ago(1), runningSince: ago(1) }, 'host_booting', true],
      ['running for an hour', { state: 'running', since: ago(60), runningSince: ago(60) }, 'origin_unreachable', true],
      ['about to stop', { state: 'stopping', since: ago(0) }, 'host_asleep', true],
      ['woken too often', { state: 'limited' }, 'wake_limit_reached', false],
      ['terminated', { state: 'gone' }, 'host_gone', false],
    ])('of a silent host that is %s', async (_what, document, type, wakes) => {
      state = { since: ago(60), ...document };
      const outcome = await ask();
      expect([outcome.status, outcome.type, woke(outcome)]).toEqual([503, type, wakes]);
    });

    it('of a host that could not be started, in the words of the power function', async () => {
      state = { state: 'failed', since: ago(1), failure: { type: 'capacity', reason: 'There is no machine free' } };
      const outcome = await ask();
      expect(outcome).toMatchObject({ type: 'host_start_failed', headers: { 'retry-after': '60' } });
      expect(outcome.reason).toContain('There is no machine free');
      expect(woke(outcome)).toBe(true);
    });

    it('of a machine that refuses: it boots, unless it runs for long, and in no case it is asked to start', async () => {
      const port = await rig.closedPort();
      const young = await ask({}, {}, { port });
      expect([young.type, woke(young)]).toEqual(['host_booting', false]);
      state = { state: 'running', since: ago(60), runningSince: ago(60) };
      const broken = await ask({}, {}, { port });
      expect([broken.type, woke(broken), broken.log[0]?.level]).toEqual(['origin_unreachable', false, 'ERROR']);
    });

    it('and wakes all the same where the state cannot be read', async () => {
      state = undefined;
      expect(woke(await ask())).toBe(true);
      const outcome = await ask({}, { stateUrl: `http://127.0.0.1:${await rig.closedPort()}/` });
      expect([outcome.type, woke(outcome)]).toEqual(['host_asleep', true]);
    });

    it('and asks nobody for the state while the host answers', async () => {
      const origin = await rig.echo();
      expect(await ask({}, {}, { port: origin.port })).toMatchObject({ status: 200 });
      expect(reads).toBe(0);
    });
  });

  describe('is held', () => {
    /** Asks of a port where a server comes up late, and counts what reaches that server. */
    async function whileComingUp(
      { after, answer, breaksOff = false }: { after: number; answer: string; breaksOff?: boolean },
      asking: (port: number, seen: () => number) => Promise<void>,
    ): Promise<void> {
      const port = await rig.closedPort();
      const { certificate, key } = rig.leaf;
      let seen = 0;
      const late = createHttpsServer({ cert: certificate, key }, (_request, response) => {
        seen += 1;
        response.end(answer);
      });
      if (breaksOff) late.once('connection', (socket: Socket) => socket.resetAndDestroy());
      const timer = setTimeout(() => late.listen(port, '127.0.0.1'), after);
      try {
        await asking(port, () => seen);
      } finally {
        clearTimeout(timer);
        late.closeAllConnections();
        late.close();
      }
    }

    it.each([
      ['and answered when the host comes up meanwhile, if it is safe', { after: 1_000 }],
      ['through a server that breaks connections off before it is ready', { after: 500, breaksOff: true }],
    ])('%s', (_what, server) =>
      whileComingUp({ ...server, answer: 'here I am' }, async (port) => {
        const outcome = await ask(get(), { hold: 10_000 }, { port, more: { connectTimeout: 2_000 } });
        expect([outcome.status, outcome.body]).toEqual([200, 'here I am']);
      }),
    );

    it('for the time set and no longer, with one line that wakes', async () => {
      const began = Date.now();
      const outcome = await ask(get(), { hold: 2_500 });
      expect(outcome.type).toBe('host_asleep');
      expect(Date.now() - began).toBeGreaterThan(1_500);
      expect(Date.now() - began).toBeLessThan(5_000);
      expect(outcome.log).toHaveLength(1);
    });

    it('if it searches by POST', () =>
      whileComingUp({ after: 1_000, answer: 'found' }, async (port) => {
        const outcome = await ask({ path: '/books/_search' }, { hold: 10_000 }, { port });
        expect([outcome.status, outcome.body]).toEqual([200, 'found']);
      }));

    it('if it writes only for its answer, so that its client has tries left: it is never sent late', () =>
      whileComingUp({ after: 500, answer: '' }, async (port, seen) => {
        const began = Date.now();
        const outcome = await ask({ path: '/_bulk' }, { hold: 2_000 }, { port });
        expect([outcome.type, seen()]).toEqual(['host_booting', 0]);
        expect(Date.now() - began).toBeGreaterThan(1_500);
        expect((await ask({ path: '/_bulk' }, { hold: 2_000 }, { port })).status).toBe(200);
      }));

    it('through the time in which Elasticsearch answers but has not found its shards', async () => {
      let asked = 0;
      const origin = await rig.https((_request, response) => {
        asked += 1;
        response.statusCode = asked <= 3 ? 503 : 200;
        response.end(response.statusCode === 503 ? '{"error":{"type":"authentication_processing_error"}}' : 'ready');
      });
      const { port } = origin;
      const hold = 10_000;
      // Up for long, it means what it says.
      state = { state: 'running', since: ago(60), runningSince: ago(60) };
      expect((await ask(get(), { hold }, { port })).type).toBe('authentication_processing_error');
      // What writes may have been done in part.
      state = { state: 'running', since: ago(1), runningSince: ago(1) };
      const began = Date.now();
      expect((await ask({ path: '/_bulk' }, { hold: 2_000 }, { port })).type).toBe('authentication_processing_error');
      expect(Date.now() - began).toBeGreaterThan(1_500);
      expect((await ask(get(), { hold }, { port })).body).toBe('ready');
    });

    it('and told that it boots where the shards take longer than that', async () => {
      const origin = await rig.https((_request, response) => {
        response.statusCode = 503;
        response.end('{"error":{"type":"authentication_processing_error"}}');
      });
      state = { state: 'waking', since: ago(1) };
      expect(await ask(get(), { hold: 2_000 }, { port: origin.port })).toMatchObject({
        type: 'host_booting',
        headers: { 'retry-after': '10' },
      });
    });

    it('never where it may do harm twice, never where nothing is to be hoped, never for a page', async () => {
      const hold = 60_000;
      expect((await ask({}, { hold: 1_000 })).type).toBe('host_asleep');
      expect((await ask(get(navigation), { hold })).status).toBe(503);
      expect((await ask(get(), { hold, wake: 'never' })).type).toBe('host_asleep');
      state = { state: 'limited', since: ago(1) };
      expect((await ask(get(), { hold })).type).toBe('wake_limit_reached');
    });
  });

  describe('may wake', () => {
    it('nobody where only people and schedules do, and says so', async () => {
      const outcome = await ask({}, { wake: 'never' });
      expect(woke(outcome)).toBe(false);
      expect(outcome.reason).toContain('only its operator and its schedule wake it');
    });

    it("on Kibana's door by opening a page, not by polling, not for an icon", async () => {
      const wake = 'navigations';
      expect(woke(await ask(get(navigation), { wake }))).toBe(true);
      expect(woke(await ask(get([['Sec-Fetch-Mode', 'cors']]), { wake }))).toBe(false);
      expect(
        woke(
          await ask(
            get([
              ['Sec-Fetch-Mode', 'no-cors'],
              ['Accept', 'image/avif,*/*'],
            ]),
            { wake },
          ),
        ),
      ).toBe(false);
      expect(woke(await ask(get(), { wake }))).toBe(false);
    });

    it('with the token in a header or a cookie, where one is needed', async () => {
      const right: [string, string][] = [['X-Searchgate-Wake', token]];
      expect(woke(await ask({ headers: right }, { tokenHash }))).toBe(true);
      expect(woke(await ask({ headers: [['Cookie', `a=b; searchgate-wake=${token}`]] }, { tokenHash }))).toBe(true);
      expect(woke(await ask({ headers: [['X-Searchgate-Wake', 'guessed']] }, { tokenHash }))).toBe(false);
      const without = await ask({}, { tokenHash });
      expect(woke(without)).toBe(false);
      expect(without.reason).toContain('waking it takes a wake token');
    });

    it('by a link, which leaves the token in a cookie and the address bar clean', async () => {
      const query: [string, string][] = [
        ['searchgate-wake', token],
        ['q', 'a b'],
      ];
      const { status, headers } = await ask(get([], query), { tokenHash });
      expect([status, headers.location]).toEqual([303, '/app/home?q=a%20b']);
      expect(headers['set-cookie']).toMatch(
        /^searchgate-wake=[\w-]+; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
      );
      const wrong = await ask(get([], [['searchgate-wake', 'guessed']]), { tokenHash });
      expect([wrong.status, wrong.headers.location, wrong.headers['set-cookie']]).toEqual([
        303,
        '/app/home',
        undefined,
      ]);
      const elsewhere = await ask({ ...get([], query), path: '//evil.example/' }, { tokenHash });
      expect(elsewhere.headers.location).toMatch(/^\/evil/);
    });
  });

  describe('shows a page that', () => {
    const pages = async (): Promise<string[]> => {
      const documents = [
        { state: 'asleep' },
        { state: 'limited' },
        { state: 'gone' },
        { state: 'failed', failure: { type: 'other', reason: '<script>alert(1)</script>' } },
      ];
      const shown: string[] = [];
      for (const document of documents) {
        state = { since: ago(1), ...document };
        shown.push((await ask(get(navigation))).body);
      }
      state = { state: 'asleep', since: ago(1) };
      return [...shown, (await ask(get(navigation), { wake: 'never' })).body];
    };

    it('says how far it is: asked when, and whether the machine is on', async () => {
      const told = async (port?: number) =>
        /<p class="time">(.*)<\/p>/.exec((await ask(get(navigation), {}, { port })).body)?.[1];
      expect(await told()).toBeUndefined();
      state = { state: 'waking', since: new Date(Date.now() - 20_000).toISOString() };
      expect(await told()).toMatch(/^Asked (?:20|21) seconds ago\.$/);
      expect(await told(await rig.closedPort())).toMatch(
        /seconds ago\. The machine is on, what runs on it is starting\.$/,
      );
      const { port } = await rig.https((_request, response) => {
        response.writeHead(503, { 'retry-after': '30' });
        response.end();
      });
      expect(await told(port)).toMatch(/The machine is on/);
    });

    it('is small, asks again by itself, and needs nothing from anywhere', async () => {
      const all = await pages();
      expect(new Set(all).size).toBe(5);
      for (const page of all) {
        expect(Buffer.byteLength(page)).toBeLessThan(10_000);
        expect(page).toMatch(/<meta http-equiv="refresh" content="\d+">/);
        expect(page).not.toMatch(/<script|\bsrc=|https?:|@import|url\(/);
        expect([...page.matchAll(/href="([^"]*)"/g)].map(([, target]) => target)).toEqual(['data:,', '']);
      }
    });

    it('has a language, a heading, a live region and words for whoever does not see it', async () => {
      for (const page of await pages()) {
        expect(page).toContain('<html lang="en">');
        expect(page.match(/<h1>[^<]+<\/h1>/g)).toHaveLength(1);
        expect(page).toContain('role="status"');
        expect(page).toContain('prefers-color-scheme: dark');
        expect(page).toContain('width=device-width');
      }
    });

    it('may run no script, be in no frame and send no form', async () => {
      const { headers } = await ask(get(navigation));
      expect(headers['content-security-policy']).toMatch(
        /default-src 'none'.*form-action 'none'.*frame-ancestors 'none'/,
      );
      expect(headers['cache-control']).toBe('no-store');
    });

    it('is never the answer to a form: what is not safe is not sent again', async () => {
      expect((await ask({ headers: navigation })).headers['content-type']).toBe('application/json');
    });

    it('stands in for the line with which Kibana puts a visitor off, but not for its other answers', async () => {
      const origin = await rig.https((request, response) => {
        response.writeHead(503, request.url === '/busy' ? {} : { 'retry-after': '30' });
        response.end('Kibana server is not ready yet');
      });
      const { port } = origin;
      expect((await ask(get(navigation), {}, { port })).body).toContain('<h1>Waking up</h1>');
      expect((await ask(get(), {}, { port })).body).toBe('Kibana server is not ready yet');
      expect((await ask({ ...get(navigation), path: '/busy' }, {}, { port })).body).toBe(
        'Kibana server is not ready yet',
      );
    });
  });
});
