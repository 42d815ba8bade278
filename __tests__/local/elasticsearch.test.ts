import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { buildElasticsearch } from '../../local/elasticsearch/build';
import { withLock } from '../../local/elasticsearch/lock';
import { type RunningElasticsearch, startElasticsearch } from '../../local/elasticsearch/start';
import { freePort } from '../../local/free-port';
import { type CertificateAuthority, makeCertificateAuthority, type ServerCertificate } from '../certificates';
import { describeWith } from '../requirements';

const folder = mkdtempSync(join(tmpdir(), 'elasticsearch-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the lock of a build', () => {
  test('of two that ask at once, the second waits and is told so', async () => {
    const file = join(folder, 'lock');
    const order: string[] = [];
    const first = withLock(
      file,
      () => order.push('first waits'),
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        order.push('first done');
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    await withLock(
      file,
      () => order.push('second waits'),
      async () => order.push('second done'),
    );
    await first;
    expect(order).toEqual(['second waits', 'first done', 'second done']);
  });

  test('what a killed process left behind is taken over', async () => {
    const file = join(folder, 'left');
    const gone = execFileSync(process.execPath, ['-p', 'process.pid']).toString().trim();
    writeFileSync(file, gone);
    expect(
      await withLock(
        file,
        () => {},
        async () => 'done',
      ),
    ).toBe('done');
  });
});

describeWith(['java', 'maven', 'python', 'openssl'], 'a real Elasticsearch', () => {
  let authority: CertificateAuthority;
  let server: ServerCertificate;
  const dataFolder = join(folder, 'data');
  let running: RunningElasticsearch | undefined;

  async function start(): Promise<RunningElasticsearch> {
    const port = await freePort();
    return startElasticsearch({
      port,
      ca: authority.certificate,
      certificate: server.certificate,
      key: server.key,
      elasticPassword: 'a password of ours',
      dataFolder,
    });
  }

  function client(url: string, password = 'a password of ours'): Client {
    return new Client({
      node: url,
      auth: { username: 'elastic', password },
      tls: {
        ca: authority.certificate,
        servername: 'search.searchgate.internal',
        checkServerIdentity: () => undefined,
      },
      maxRetries: 0,
    });
  }

  beforeAll(async () => {
    authority = makeCertificateAuthority();
    server = authority.issue(['search.searchgate.internal']);
    await buildElasticsearch((text) => process.stdout.write(`${text}\n`));
    running = await start();
  }, 600_000);
  afterAll(async () => {
    await running?.stop();
    authority.remove();
  });

  test('a second build takes no time', async () => {
    const since = Date.now();
    await buildElasticsearch(() => {
      throw new Error('nothing is to be done');
    });
    expect(Date.now() - since).toBeLessThan(1_000);
  });

  test('it knows its user by password and turns others away', async () => {
    const { url } = running as RunningElasticsearch;
    expect((await client(url).info()).version.number).toBe('9.5.3');
    await expect(client(url, 'another').info()).rejects.toMatchObject({ statusCode: 401 });
  });

  test('documents are found, and outlive a restart on the same folder', async () => {
    const first = running as RunningElasticsearch;
    await client(first.url).index({ index: 'cities', id: 'a/b', document: { name: 'Zürich' }, refresh: true });
    await first.stop();
    expect(() => process.kill(first.pid, 0)).toThrow(/ESRCH/);

    running = await start();
    const found = await client(running.url).search({ index: 'cities', query: { match: { name: 'Zürich' } } });
    expect(found.hits.hits.map((hit) => hit._id)).toEqual(['a/b']);
  }, 120_000);
});
