import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import { TestBed } from '../clients/test-bed';
import type { TrialCluster } from './trial-cluster';

const perBulk = 20;

/** What an application that uses the official client has seen. */
export interface ClientFigures {
  /** Calls that it made: bulks, and reads of what these acknowledged. */
  readonly calls: number;
  /** What came out of them as an error, or as a document that was not taken or not found. */
  readonly failures: readonly string[];
  /** How often the client itself sent a call again, in all, and at most for one call. */
  readonly retries: number;
  readonly mostRetries: number;
  /** Milliseconds that a call took at most. */
  readonly slowest: number;
}

/**
 * An application on Elastic's JavaScript client as it comes, with no option but address and password, at the local door before a
 * cluster: the synthesized API with the very zip. It writes and reads back until it is told to stop.
 */
export class OfficialClient {
  private stopped = false;
  private calls = 0;
  private retries = 0;
  private mostRetries = 0;
  private slowest = 0;
  private readonly failures: string[] = [];
  private readonly ended: Promise<void>;

  private constructor(
    private readonly client: Client,
    private readonly bed: TestBed,
    private readonly index: string,
  ) {
    client.diagnostic.on('response', (_error, result) => {
      const again = result?.meta.attempts ?? 0;
      this.retries += again;
      this.mostRetries = Math.max(this.mostRetries, again);
    });
    this.ended = this.work();
  }

  static async open(cluster: TrialCluster, index: string): Promise<OfficialClient> {
    const bed = new TestBed(cluster.authority);
    const door = await bed.door({ address: cluster.addresses.join(), port: cluster.port });
    const auth = { username: 'elastic', password: cluster.password };
    return new OfficialClient(new Client({ node: door.url, auth }), bed, index);
  }

  /** Waits until it has made so many more calls. */
  async calledMore(count: number): Promise<void> {
    const wanted = this.calls + count;
    while (this.calls < wanted) await wait(50);
  }

  async stop(): Promise<ClientFigures> {
    this.stopped = true;
    await this.ended;
    await this.client.close();
    await this.bed.closeDoors();
    const { calls, failures, retries, mostRetries, slowest } = this;
    return { calls, failures, retries, mostRetries, slowest: Math.round(slowest) };
  }

  private async work(): Promise<void> {
    const { client, index } = this;
    for (let first = 0; !this.stopped; first += perBulk) {
      const ids = Array.from({ length: perBulk }, (_, at) => String(first + at));
      const operations = ids.flatMap((_id) => [{ index: { _id } }, { value: Number(_id) }]);
      const taken = await this.call(async () => {
        const { items } = await client.bulk({ index, operations });
        for (const { index: item } of items) if (item?.error) this.failures.push(`${item.error.reason}`);
      });
      if (taken) {
        await this.call(async () => {
          const { docs } = await client.mget({ index, ids });
          for (const doc of docs) if (!('found' in doc && doc.found)) this.failures.push(`${doc._id} is not found`);
        });
      }
      await wait(20);
    }
  }

  private async call(send: () => Promise<void>): Promise<boolean> {
    const began = performance.now();
    this.calls += 1;
    try {
      await send();
      return true;
    } catch (error) {
      this.failures.push(String(error));
      return false;
    } finally {
      this.slowest = Math.max(this.slowest, performance.now() - began);
    }
  }
}
