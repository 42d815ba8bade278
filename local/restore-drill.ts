import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Client } from '@elastic/elasticsearch';
import { planRestore, restore } from '../operations/restore';
import { listSnapshots, repository, takeSnapshot } from '../operations/snapshots';
import { buildElasticsearch } from './elasticsearch/build';
import { startElasticsearch } from './elasticsearch/start';
import { freePort } from './free-port';
import { CertificateAuthority } from './machine-boot/certificates';

const password = 'only for the drill';
const indices = ['cities', 'notes'];

/**
 * The loss of a data volume, on this machine: data, a snapshot, the folder of the data destroyed, a restore into an empty Elasticsearch, every document
 * compared. Elasticsearch is real, a folder stands for the bucket.
 * @throws Error where a document is missing, is another than before, or came from nowhere
 */
export async function restoreDrill(
  onProgress: (text: string) => void,
): Promise<{ documents: number; indices: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'restore-drill-'));
  const authority = new CertificateAuthority('restore drill');
  const server = authority.issue('search.searchgate.internal');
  const withElasticsearch = async <T>(data: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const elasticsearch = await startElasticsearch({
      port: await freePort(),
      ...server,
      ca: authority.certificate,
      elasticPassword: password,
      dataFolder: join(folder, data),
      buckets: join(folder, 'buckets'),
    });
    const client = new Client({
      node: elasticsearch.url,
      auth: { username: 'elastic', password },
      tls: { ca: authority.certificate, checkServerIdentity: () => undefined },
    });
    try {
      await client.snapshot.createRepository({
        name: repository,
        repository: { type: 's3', settings: { bucket: 'drill' } },
      });
      return await work(client);
    } finally {
      await client.close();
      await elasticsearch.stop();
    }
  };
  try {
    await mkdir(join(folder, 'buckets', 'drill'), { recursive: true });
    await buildElasticsearch(onProgress);
    const before = await withElasticsearch('lost', async (client) => {
      onProgress('an Elasticsearch with data');
      await fill(client);
      await takeSnapshot(client, 'drill');
      onProgress('a snapshot is taken');
      return documentsOf(client);
    });
    await rm(join(folder, 'lost'), { recursive: true });
    onProgress('the data is destroyed');
    const after = await withElasticsearch('new', async (client) => {
      const [snapshot] = await listSnapshots(client);
      if (snapshot === undefined) throw new Error('the snapshot is gone');
      await restore(client, await planRestore(client, snapshot, { everything: true }));
      onProgress('restored into an empty Elasticsearch');
      if (!(await client.security.getUser({ username: 'anna' })).anna) throw new Error('a user did not come back');
      return documentsOf(client);
    });
    if (after.size !== before.size) throw new Error(`${before.size} documents before, ${after.size} after`);
    for (const [id, document] of before)
      if (!isDeepStrictEqual(after.get(id), document)) throw new Error(`${id} is another than before`);
    return { documents: before.size, indices: indices.length };
  } finally {
    authority.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(client: Client): Promise<void> {
  await client.security.putUser({ username: 'anna', password: 'a password of hers', roles: ['viewer'] });
  for (const index of indices) {
    const operations = Array.from({ length: 1_000 }, (_, id) => [
      { index: { _id: `${index}/${id}` } },
      { text: `Zürich ${id} ${Math.random().toString(36)}`, number: Math.random(), nested: { even: id % 2 === 0 } },
    ]).flat();
    await client.bulk({ index, operations, refresh: true });
  }
}

async function documentsOf(client: Client): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>();
  for (const index of indices)
    for await (const { body } of client.helpers.scrollSearch({ index, size: 500, query: { match_all: {} } }))
      for (const { _id: id, _source: source } of body.hits.hits) all.set(`${index} ${id}`, source);
  return all;
}
