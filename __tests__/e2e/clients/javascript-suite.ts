import { Client, type ClientOptions, errors } from '@elastic/elasticsearch';
import type { Place } from './place';
import { serverName } from './test-bed';

/** The official client for JavaScript, unmodified: what it gives and what it throws has to be the same through the door. */
export function javascriptSuite(place: () => Place): void {
  describe("Elastic's JavaScript client", () => {
    let clients: Client[];

    beforeAll(() => {
      const { bed, server, doors, password } = place();
      const auth = { username: 'elastic', password };
      const tls = { ca: bed.authority.certificate, servername: serverName, checkServerIdentity: () => undefined };
      const options: ClientOptions = { auth, maxRetries: 0, compression: true };
      clients = [
        new Client({ ...options, node: `https://${server.address}:${server.port}`, tls }),
        new Client({ ...options, node: doors.STREAM.url }),
        new Client({ ...options, node: doors.BUFFERED.url }),
      ];
    });
    afterAll(() => Promise.all(clients?.map((client) => client.close()) ?? []));

    /** Holds the same conversation over each line, and gives what came of it over the direct one. */
    async function everywhere<Result>(hold: (client: Client, index: string) => Promise<Result>): Promise<Result> {
      const name = expect.getState().currentTestName ?? '';
      const slug = name
        .replace(/.*client /, '')
        .replace(/\W+/g, '-')
        .toLowerCase();
      const results: Result[] = [];
      for (const [line, client] of clients.entries()) results.push(await hold(client, `${slug}-${line}`));
      const [direct, streamed, buffered] = results;
      expect({ streamed, buffered }).toEqual({ streamed: direct, buffered: direct });
      return direct as Result;
    }

    test('helps with bulks: gzipped, in several requests, with what fails told', async () => {
      const result = await everywhere(async (client, index) => {
        const dropped: unknown[] = [];
        const { time: _, ...stats } = await client.helpers.bulk({
          datasource: documents(2_000),
          flushBytes: 40_000,
          refreshOnCompletion: true,
          onDocument: ({ number }) => ({ index: { _index: index, _id: `id/${number}` } }),
          onDrop: ({ document, status, error }) => dropped.push([document.number, status, error?.type]),
        });
        const { count } = await client.count({ index });
        const found = await client.get({ index, id: 'id/7' });
        return { stats, dropped, count, source: found._source };
      });
      expect(result).toMatchObject({
        stats: { total: 2_000, failed: 1, successful: 1_999 },
        dropped: [[1_234, 400, 'document_parsing_exception']],
        count: 1_999,
        source: { number: 7, text: 'Ünïcödé 東京 7' },
      });
    }, 60_000);

    test('scrolls, searches in a point in time and after', async () => {
      const result = await everywhere(async (client, index) => {
        await client.bulk({ index, refresh: true, operations: numbered(500) });
        const scrolled: unknown[] = [];
        for await (const document of client.helpers.scrollDocuments({ index, size: 60, sort: ['number'] })) {
          scrolled.push(document);
        }
        const { id } = await client.openPointInTime({ index, keep_alive: '1m' });
        await client.index({ index, id: 'later', document: { number: -1 }, refresh: true });
        const paged: unknown[] = [];
        let after: (string | number)[] | undefined;
        for (;;) {
          const page = await client.search({
            ...{ pit: { id }, size: 70, sort: [{ number: 'asc' }], track_total_hits: true },
            search_after: after,
          });
          if (page.hits.hits.length === 0) break;
          paged.push(...page.hits.hits.map((hit) => hit._source));
          after = page.hits.hits.at(-1)?.sort as (string | number)[];
        }
        const closed = await client.closePointInTime({ id });
        return { scrolled, paged, closed };
      });
      expect(result.scrolled).toHaveLength(500);
      expect(result.paged).toEqual(result.scrolled);
      expect(result.closed.succeeded).toBe(true);
    }, 60_000);

    test('throws its own errors', async () => {
      const thrown = await everywhere(async (client, index) => [
        await errorOf(index, client.get({ index, id: '1' })),
        await errorOf(index, client.search({ index, query: { matsch: {} } as object })),
        await errorOf(index, client.index({ index, id: '1', op_type: 'create', document: {} })),
        await errorOf(index, client.index({ index, id: '1', op_type: 'create', document: {} })),
        await errorOf(index, client.indices.create({ index: 'WRONG' })),
        await errorOf(index, client.info({}, { headers: { authorization: 'Basic ZWxhc3RpYzp3cm9uZw==' } })),
        await errorOf(index, client.search({ index, query: { match_all: {} } }, { signal: AbortSignal.abort() })),
        await client.exists({ index, id: 'none' }),
      ]);
      expect(thrown.map((each) => (typeof each === 'object' ? [each.name, each.status] : each))).toEqual([
        ['ResponseError', 404],
        ['ResponseError', 400],
        ['none', undefined],
        ['ResponseError', 409],
        ['ResponseError', 400],
        ['ResponseError', 401],
        ['RequestAbortedError', undefined],
        false,
      ]);
    });
  });
}

interface Numbered {
  number: number | string;
  text?: string;
}

function documents(count: number): Numbered[] {
  // One of them fits no mapping.
  return Array.from({ length: count }, (_, number) => ({
    number,
    text: `Ünïcödé 東京 ${number}`,
    ...(number === 1_234 && { text: { not: 'a text' } as unknown as string }),
  }));
}

const numbered = (count: number) => documents(count).flatMap(({ number }) => [{ index: {} }, { number }]);

/** What a user's `catch` sees; the line's own index is called `index`. */
async function errorOf(index: string, promise: Promise<unknown>) {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof errors.ElasticsearchClientError)) throw error;
    const response = error instanceof errors.ResponseError ? error : undefined;
    const told = JSON.stringify([response?.message, response?.body]).replaceAll(index, 'index');
    return { name: error.name, status: response?.statusCode, told: told.replace(/[\w-]{22}/g, 'uuid') };
  }
  return { name: 'none', status: undefined, told: '' };
}
