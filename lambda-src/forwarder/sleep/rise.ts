import { type GatewayEvent, headerOf } from '../event';
import { exchange } from '../exchange';
import type { Origin } from '../origin';
import { readState, startedWithin } from './published-state';

/** What Elasticsearch's clients read by POST, and what finds less, without an error, while shards are missing. */
export const reads = /\/_(?:search|msearch|count|mget)\/?$/;
/** Milliseconds after a start for which shards may be missing for no other reason than the start. */
const longestRise = 5 * 60_000;
/** Milliseconds within which the health has to be told. */
const deadline = 2_000;

/**
 * A cluster that comes up: its nodes answer as soon as there is a master, and searches find what is on the shards that are there by then.
 * For the first minutes after a start, until it is yellow once, the health is asked for before such an answer is handed on. Nothing is
 * asked for at any other time.
 */
export class Rise {
  private over = false;

  constructor(
    private readonly origin: Origin,
    private readonly stateUrl: string,
  ) {}

  /** A node was away: what is seen next may be a start. */
  begin(): void {
    this.over = false;
  }

  /** Whether an answer could be short. */
  concerns({ path }: GatewayEvent): boolean {
    return !this.over && reads.test(path ?? '');
  }

  /** Whether shards are missing yet, as far as the client of this request may know it: it is asked for in its name. */
  async isShort(event: GatewayEvent): Promise<boolean> {
    const state = await readState(this.stateUrl);
    const short = state !== undefined && startedWithin(state, longestRise) && (await this.health(event)) === 'red';
    this.over = !short;
    return short;
  }

  private health(event: GatewayEvent): Promise<unknown> {
    const authorization = headerOf(event, 'authorization');
    if (authorization === undefined) return Promise.resolve(undefined);
    const asked = {
      method: 'GET',
      target: '/_cluster/health?filter_path=status',
      headers: ['Host', headerOf(event, 'host') ?? 'search', 'Authorization', authorization],
      body: undefined,
      idempotent: true,
    };
    return new Promise((resolve) => {
      exchange(this.origin, asked, deadline, {
        response: (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve(/"status":"(\w+)"/.exec(text)?.[1]));
        },
        failure: () => resolve(undefined),
      });
    });
  }
}
