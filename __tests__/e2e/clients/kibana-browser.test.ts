import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Door } from '../../../local/door';
import { chromiumPath } from '../../../local/machine';
import { assetCount, type Origin, startKibanaStandIn } from '../../../local/origins';
import { describeWith } from '../../requirements';
import { TestBed } from './test-bed';

const password = 'pass word ü';
/** Each tenth asset is a style sheet. */
const scripts = assetCount - assetCount / 10;
/** Where pictures for the documentation go; without it none is kept. */
const pictures = process.env.SEARCHGATE_SCREENSHOTS;

describeWith(['openssl', 'chromium'], "Chromium at Kibana's door (a stand-in for Kibana behind it)", () => {
  let bed: TestBed;
  let origin: Origin;
  let door: Door;
  let browser: Browser;

  beforeAll(async () => {
    bed = new TestBed();
    const isUser = (user: string, given: string) => user === 'elastic' && given === password;
    origin = await startKibanaStandIn({ ...bed.certificate('kibana'), isUser });
    door = await bed.door(origin, { name: 'kibana' });
    browser = await chromium.launch({
      executablePath: await chromiumPath(),
      // As root there is no sandbox; the page is ours.
      args: ['--no-sandbox', '--no-zygote', `--host-resolver-rules=MAP ${door.domainName} 127.0.0.1`],
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await bed?.close();
    await origin?.close();
  });

  /** What a person would see in the developer tools. */
  interface Tools {
    readonly console: string[];
    readonly failed: string[];
    /** Status, coding and what may be kept of each asset. */
    readonly assets: string[];
  }

  async function open(): Promise<{ page: Page; tools: Tools }> {
    const page = await browser.newPage({ viewport: { width: 900, height: 360 } });
    const tools: Tools = { console: [], failed: [], assets: [] };
    page.on('console', (message) => tools.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => tools.console.push(`error: ${error.message}`));
    page.on('requestfailed', (request) => tools.failed.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on('response', (response) => {
      if (!response.url().includes('/bundles/')) return;
      const { 'content-encoding': coding, 'cache-control': kept } = response.headers();
      tools.assets.push(`${response.status()} ${coding}, ${kept}`);
    });
    return { page, tools };
  }

  async function logIn(page: Page, word = password): Promise<void> {
    await page.fill('input[name=username]', 'elastic');
    await page.fill('input[name=password]', word);
    await page.click('button');
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  /** Requests for assets that came to the door since the last call. */
  function assetsAsked(): number {
    const lines = bed.lines.splice(0).filter(({ source }) => source === 'access');
    expect(lines.length).toBeGreaterThan(0);
    return lines.filter(({ text }) => text.includes('/bundles/')).length;
  }

  // Chromium takes brotli from a secure origin only, which its own machine counts as.
  test.each<[string, string, () => string]>([
    ['brotli', 'br', () => door.url],
    ['gzip', 'gzip', () => `http://${door.domainName}:${door.port}`],
  ])(
    'logs in, loads 150 assets in %s, finds them in its cache on reload, and logs out',
    async (_, coding, address) => {
      const { page, tools } = await open();
      await page.goto(`${address()}/app/home`);
      expect(new URL(page.url()).pathname).toBe('/login');
      await page.waitForLoadState('networkidle');
      await picture(page, 'kibana-stand-in-login');
      assetsAsked();

      await logIn(page);
      await page.waitForURL('**/app/home');
      await page.waitForSelector(`#bundles:text-is("${scripts} scripts ran")`);
      expect(await page.textContent('#user')).toBe('elastic');
      expect(await page.textContent('#stand-in')).toContain('This is a stand-in');
      expect(await page.title()).toBe('Home (stand-in)');
      expect(await styleOf(page, 140)).toEqual(['"style 140"', 'rgb(0, 140, 0)']);
      expect(tools.assets).toEqual(Array(assetCount).fill(`200 ${coding}, public, max-age=31536000, immutable`));
      expect(assetsAsked()).toBe(assetCount);
      await picture(page, 'kibana-stand-in-home');

      await page.reload();
      await page.waitForSelector(`#bundles:text-is("${scripts} scripts ran")`);
      expect(assetsAsked()).toBe(0);

      const cookies = async () => (await page.context().cookies()).map(({ name }) => name).sort();
      expect(await cookies()).toEqual(['sid', 'stand_in_seen']);
      await page.click('#logout');
      await page.waitForURL('**/login?msg=LOGGED_OUT');
      expect(await cookies()).toEqual(['stand_in_seen']);
      await page.goto(`${address()}/app/home`);
      expect(new URL(page.url()).pathname).toBe('/login');

      expect(tools).toMatchObject({ console: [], failed: [] });
      await page.close();
    },
    60_000,
  );

  test('says so where the password is wrong, and asks for none by itself', async () => {
    const { page, tools } = await open();
    await page.goto(`${door.url}/login`);
    await logIn(page, 'wrong');
    await page.waitForSelector('[role=alert]:not(:empty)');
    expect(await page.textContent('[role=alert]')).toBe('Username or password is wrong.');
    expect(new URL(page.url()).pathname).toBe('/login');
    expect(tools.console).toEqual([expect.stringContaining('401 (Unauthorized)')]);
    expect(tools.failed).toEqual([]);
    await page.close();
  }, 60_000);

  test('is given a slow answer piece by piece', async () => {
    const { page } = await open();
    await page.goto(`${door.url}/login`);
    const arrivals = await page.evaluate<number[]>(`(async () => {
      const reader = (await fetch('/api/stand-in/slow')).body.getReader();
      const times = [];
      while (!(await reader.read()).done) times.push(performance.now());
      return times;
    })()`);
    expect(arrivals.length).toBeGreaterThanOrEqual(5);
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(400);
    await page.close();
  }, 60_000);
});

/** What a style sheet among the assets does to an element. */
function styleOf(page: Page, bundle: number): Promise<[string, string]> {
  return page.evaluate(`(() => {
    const element = document.body.appendChild(document.createElement('i'));
    element.className = 'bundle-${bundle}';
    const { content, color } = getComputedStyle(element, '::after');
    element.remove();
    return [content, color];
  })()`);
}
