import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DescribeInstancesCommand, EC2Client, StartInstancesCommand } from '@aws-sdk/client-ec2';
import { Client, type ClientOptions, errors } from '@elastic/elasticsearch';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { clientOptions } from '../../local/emulator/account';
import { chromiumPath } from '../../local/machine';
import { type OpenService, openService } from '../../local/rehearsal/doors';
import { deployedMaterial, type HostMaterial } from '../../local/rehearsal/host-material';
import { LiveHost } from '../../local/rehearsal/live-host';
import { elasticsearchOrigin, standInOrigin } from '../../local/rehearsal/origins';
import type { Settings } from '../../settings';
import { describeWith } from '../requirements';
import { pythonClient } from './clients/python-suite';

/** What is deployed, and from what. */
export interface Deployed {
  readonly settings: Settings;
  readonly endpoint: string;
  /** The product's own synth. */
  readonly product: string;
}

/** Seconds that the machine takes before anything on it starts: with Elasticsearch's own start longer than default clients wait. */
const bootSeconds = 30;
/** What docs/sleep.md tells clients to have. */
const patience: ClientOptions = { maxRetries: 20, requestTimeout: 60_000 };
/** Where pictures for the documentation go; without it none is kept. */
const pictures = process.env.SEARCHGATE_SCREENSHOTS;

/** One night of a deployment: it is used, falls asleep by itself, sleeps through what must not wake it, and is woken by a browser. */
export function sleepSuite(deployed: () => Deployed): void {
  describeWith(['java', 'maven', 'chromium'], 'sleep', () => {
    const opened = new Map<string, OpenService>();
    const said: string[] = [];
    const clients: Client[] = [];
    let material: HostMaterial;
    let live: LiveHost;
    let browser: Browser;
    let tab: Page;
    let runPython: Awaited<ReturnType<typeof pythonClient>>;

    beforeAll(async () => {
      const { settings, endpoint, product } = deployed();
      await startInstance(endpoint, settings.region);
      material = await deployedMaterial(settings, endpoint);
      const [search, kibana] = settings.services;
      if (search === undefined || kibana === undefined) throw new Error('the example has two services');
      const elasticsearch = await elasticsearchOrigin(search, material);
      const origins = [elasticsearch, await standInOrigin(kibana, material, elasticsearch.server)];
      for (const [index, service] of settings.services.entries()) {
        const origin = origins[index];
        if (origin === undefined) throw new Error(`there is no origin for ${service.name}`);
        const written = (line: string) => live?.written(service.name, line);
        const place = { product, endpoint, material, knocked: () => undefined, written };
        opened.set(service.name, await openService(settings, service, origin, place));
      }
      browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox', '--no-zygote'] });
      runPython = await pythonClient();
      live = await LiveHost.start(
        {
          settings,
          endpoint,
          product,
          sleepAfter: 1,
          bootSeconds,
          tell: (state, what) => said.push(`${state} ${what}`),
        },
        origins.flatMap(({ server }) => server ?? []),
      );
    }, 300_000);

    afterAll(async () => {
      await browser?.close();
      for (const each of clients) await each.close();
      for (const { door } of opened.values()) await door.close();
      await live?.close();
      for (const { origin } of opened.values()) await origin.stop();
    }, 60_000);

    const url = (service: string) => opened.get(service)?.door.url ?? '';
    const client = (options: ClientOptions = {}) => {
      const auth = { username: 'elastic', password: material.elasticPassword };
      const made = new Client({ node: url('search'), auth, ...options });
      clients.push(made);
      return made;
    };
    const python = (patient: boolean) =>
      runPython('wake.py', { url: url('search'), password: material.elasticPassword, index: 'books', patient });

    async function open(address: string, options: BrowserContextOptions = {}): Promise<{ page: Page; status: number }> {
      const page = await browser.newPage({ viewport: { width: 900, height: 420 }, ...options });
      const response = await page.goto(address);
      return { page, status: response?.status() ?? 0 };
    }

    async function picture(page: Page, name: string): Promise<void> {
      if (pictures === undefined) return;
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `${name}.png`) });
    }

    /** What a tab of Kibana asks for by itself, and a browser for an icon. */
    const poll = (page: Page) =>
      page.evaluate<number[]>(`Promise.all([
        fetch('/api/status', { headers: { 'kbn-system-request': 'true' } }),
        fetch('/favicon.ico'),
      ]).then((answers) => answers.map(({ status }) => status))`);

    test('begins by itself once nobody has used the host for the idle time, whatever a forgotten tab asks for', async () => {
      await client().index({ index: 'books', id: '1', document: { title: 'Momo' }, refresh: true });
      ({ page: tab } = await open(`${url('kibana')}/login`));
      const asleep = live.until('asleep');
      let over = false;
      void asleep.then(() => {
        over = true;
      });
      while (!over) {
        await poll(tab);
        await wait(2_000);
      }
      expect(said).toEqual([
        'power the power function stops the host',
        expect.stringMatching(/^stopping /),
        expect.stringMatching(/^asleep /),
      ]);
    }, 180_000);

    test('goes on while only that tab and a browser’s icon ask', async () => {
      expect(await poll(tab)).toEqual([503, 503]);
      await wait(2_000);
      expect(await poll(tab)).toEqual([503, 503]);
      expect(said).toHaveLength(3);
    });

    test('ends by a visit, which is shown the wait and then what it wanted; patient clients last as long, default ones do not', async () => {
      // Without scripts: the page goes on by itself all the same.
      const wanted = `${url('kibana')}/app/home?space=1`;
      const { page, status } = await open(wanted, { javaScriptEnabled: false });
      expect(status).toBe(503);
      // Here the idle time is no longer than this wake.
      await live.order({ action: 'keep-awake', until: new Date(Date.now() + 600_000).toISOString() });
      await expect(page.getByRole('main').getByRole('heading', { level: 1 }).textContent()).resolves.toBe('Waking up');
      await expect(page.getByRole('status').textContent()).resolves.toContain('goes on by itself');
      await picture(page, 'waking');

      const [impatientJavaScript, impatientPython, written, found, patientPython] = await Promise.all([
        failure(client().index({ index: 'books', id: '2', document: { title: 'Krabat' } })),
        python(false),
        client(patience).index({ index: 'books', id: '3', document: { title: 'Ronja' }, refresh: true }),
        client(patience).search({ index: 'books', query: { ids: { values: ['1'] } } }),
        python(true),
        looks(wanted),
      ]);
      expect(impatientJavaScript).toMatch(/^503 host_(?:asleep|booting)$/);
      expect(impatientPython).toEqual({ search: { error: 'ConnectionTimeout' } });
      expect(written.result).toBe('created');
      expect(found.hits.hits[0]?._source).toEqual({ title: 'Momo' });
      expect(patientPython).toMatchObject({ search: { found: 'Momo' }, index: { result: 'created' } });

      await page.waitForURL((address) => address.pathname === '/login', { timeout: 60_000 });
      expect(new URL(page.url()).searchParams.get('next')).toBe('/app/home?space=1');
      await picture(page, 'woken');
      expect(said.filter((line) => line.startsWith('power'))).toEqual([
        'power the power function stops the host',
        'power somebody asked for kibana: the power function starts the host',
      ]);
    }, 240_000);

    /** What an expression comes to in a page that loads itself anew now and then. */
    async function evaluated(page: Page, expression: string): Promise<unknown> {
      return page.evaluate(expression).catch((error: Error) => {
        if (/because of a navigation/.test(error.message)) return evaluated(page, expression);
        throw error;
      });
    }

    /** The page in the dark and on a small screen. */
    async function looks(address: string): Promise<void> {
      const dark = await open(address, { colorScheme: 'dark', javaScriptEnabled: false });
      await picture(dark.page, 'waking-dark');
      const narrow = await open(address, { viewport: { width: 320, height: 560 } });
      await picture(narrow.page, 'waking-narrow');
      const colour = 'getComputedStyle(document.body).backgroundColor';
      const lit = await open(address, { colorScheme: 'light' });
      const unlit = await open(address, { colorScheme: 'dark' });
      expect(await evaluated(lit.page, colour)).not.toBe(await evaluated(unlit.page, colour));
      expect(await evaluated(narrow.page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
      for (const { page } of [dark, narrow, lit, unlit]) await page.close();
    }
  });
}

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    if (!(error instanceof errors.ResponseError)) throw error;
    const { type } = (error.body as { error?: { type?: string } }).error ?? {};
    return `${error.statusCode} ${type}`;
  }
}

/** Earlier tests may have stopped it. */
async function startInstance(endpoint: string, region: string): Promise<void> {
  const ec2 = new EC2Client(clientOptions(endpoint, region));
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const InstanceIds = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId));
  await ec2.send(new StartInstancesCommand({ InstanceIds }));
  ec2.destroy();
}
