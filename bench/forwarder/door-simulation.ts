/** Requests that arrive by chance and functions that take one at a time, as Lambda runs them: what finds none free is refused, not queued. */
export interface SimulatedDoor {
  /** Executions that may be under way at once. */
  readonly concurrency: number;
  /** Requests a second on average, independent of each other. */
  readonly rate: number;
  /** Gives the milliseconds that a request occupies a function. */
  readonly duration: (random: () => number) => number;
  /** @default 200,000 */
  readonly requests?: number;
}

/** The share of requests that a door refuses. The same door has the same chances at each call. */
export function refusedShare({ concurrency, rate, duration, requests = 200_000 }: SimulatedDoor): number {
  const random = chances();
  const freeAt = new Float64Array(concurrency);
  let now = 0;
  let next = 0;
  let refused = 0;
  for (let request = 0; request < requests; request += 1) {
    now += (-Math.log(1 - random()) * 1000) / rate;
    const took = duration(random);
    let looked = 0;
    while (looked < concurrency && (freeAt[next] ?? 0) > now) {
      next = (next + 1) % concurrency;
      looked += 1;
    }
    if (looked === concurrency) refused += 1;
    else freeAt[next] = now + took;
  }
  return refused / requests;
}

/** The requests a second that a door carries while it refuses at most so many. */
export function carriedRate(door: Omit<SimulatedDoor, 'rate'>, mean: number, mostRefused: number): number {
  let [low, high] = [0, (1.2 * 1000 * door.concurrency) / mean];
  for (let halving = 0; halving < 10; halving += 1) {
    const rate = (low + high) / 2;
    if (refusedShare({ ...door, rate }) <= mostRefused) low = rate;
    else high = rate;
  }
  return low;
}

/** Numbers from 0 to 1 that are the same in each run (Park and Miller's generator). */
function chances(): () => number {
  let state = 20_261_124;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
