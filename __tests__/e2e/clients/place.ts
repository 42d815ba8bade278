import type { Door, TransferMode } from '../../../local/door';
import { type RunningElasticsearch, startElasticsearch } from '../../../local/elasticsearch/start';
import { freePort } from '../../../local/free-port';
import { type Server, TestBed } from './test-bed';

// Without umlauts: Elastic's Python client takes ASCII only.
const password = 'a p:ssword of "ours"';

/** One real Elasticsearch for all suites, with a door of each mode in front of it. */
export class Place {
  readonly password = password;
  readonly authorization = `Basic ${Buffer.from(`elastic:${password}`).toString('base64')}`;

  private constructor(
    readonly bed: TestBed,
    readonly server: Server,
    readonly doors: Readonly<Record<TransferMode, Door>>,
    private readonly elasticsearch: RunningElasticsearch,
  ) {}

  static async open(): Promise<Place> {
    const bed = new TestBed();
    const server = { address: '127.0.0.1', port: await freePort() };
    const elasticsearch = await startElasticsearch({
      ...bed.certificate(),
      port: server.port,
      ca: bed.authority.certificate,
      elasticPassword: password,
      // Off by default behind TLS; here clients that ask for it get it.
      settings: { 'http.compression': true },
    });
    try {
      const doors = { STREAM: await bed.door(server), BUFFERED: await bed.door(server, { mode: 'BUFFERED' }) };
      return new Place(bed, server, doors, elasticsearch);
    } catch (error) {
      await Promise.all([bed.close(), elasticsearch.stop()]);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.bed.close();
    await this.elasticsearch.stop();
  }
}
