import { setTimeout as wait } from 'node:timers/promises';
import type { TrialCluster } from './trial-cluster';

const perRequest = 50;

/** What a client that never stops writing has seen. */
export interface WriteFigures {
  readonly acknowledged: number;
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds between two acknowledgements, at most. */
  readonly longestGap: number;
}

/** Writes documents in bulk through the door until it is told to stop, and remembers each one that was acknowledged. */
export class AcknowledgedWrites {
  private readonly ids: string[] = [];
  private stopped = false;
  private requests = 0;
  private failed = 0;
  private longestGap = 0;
  private readonly ended: Promise<void>;

  constructor(
    private readonly cluster: TrialCluster,
    private readonly index: string,
  ) {
    this.ended = this.write();
  }

  /** Waits until so many more documents are acknowledged. */
  async acknowledgedMore(count: number): Promise<void> {
    const wanted = this.ids.length + count;
    while (this.ids.length < wanted) await wait(50);
  }

  async stop(): Promise<WriteFigures> {
    this.stopped = true;
    await this.ended;
    const { requests, failed, longestGap } = this;
    return { acknowledged: this.ids.length, requests, failed, longestGap };
  }

  /** The acknowledged ids that can't be read back. */
  async lost(): Promise<string[]> {
    await this.cluster.ask('POST', `/${this.index}/_refresh`);
    const lost: string[] = [];
    for (let from = 0; from < this.ids.length; from += 1_000) {
      const ids = this.ids.slice(from, from + 1_000);
      const { status, json } = await this.cluster.ask('POST', `/${this.index}/_mget`, JSON.stringify({ ids }));
      if (status !== 200) throw new Error(`documents can't be read: ${JSON.stringify(json)}`);
      for (const { _id, found } of json.docs) if (!found) lost.push(_id);
    }
    return lost;
  }

  private async write(): Promise<void> {
    let last = Date.now();
    for (let first = 0; !this.stopped; first += perRequest) {
      const ids = Array.from({ length: perRequest }, (_, i) => String(first + i));
      const body = ids.map((id) => `{"index":{"_id":"${id}"}}\n{"value":${id}}\n`).join('');
      const { status, json } = await this.cluster.ask('POST', `/${this.index}/_bulk`, body);
      this.requests += 1;
      const done = status === 200 ? json.items.filter((item: Item) => item.index.status < 300) : [];
      if (done.length < perRequest) this.failed += 1;
      if (done.length > 0) {
        this.longestGap = Math.max(this.longestGap, Date.now() - last);
        last = Date.now();
      }
      for (const item of done) this.ids.push(item.index._id);
      await wait(20);
    }
  }
}

interface Item {
  readonly index: { readonly _id: string; readonly status: number };
}
