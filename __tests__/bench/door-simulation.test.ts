import { carriedRate, refusedShare } from '../../bench/forwarder/door-simulation';

/** Erlang's formula: what so many lines refuse of so much traffic, whatever the distribution of durations. */
function erlang(lines: number, traffic: number): number {
  let share = 1;
  for (let line = 1; line <= lines; line += 1) share = (traffic * share) / (line + traffic * share);
  return share;
}

const exponential = (mean: number) => (random: () => number) => -Math.log(1 - random()) * mean;

describe('a simulated door', () => {
  test.each([
    [1, 0.5],
    [10, 5],
    [10, 12],
    [100, 95],
  ])("with %i executions at %d of traffic refuses what Erlang's formula says", (concurrency, traffic) => {
    for (const duration of [exponential(100), () => 100])
      expect(refusedShare({ concurrency, rate: traffic * 10, duration })).toBeCloseTo(erlang(concurrency, traffic), 2);
  });

  test('carries the rate at which it refuses as much as it may, and no more', () => {
    const door = { concurrency: 20, duration: exponential(100), requests: 50_000 };
    const rate = carriedRate(door, 100, 0.01);
    expect(refusedShare({ ...door, rate })).toBeLessThanOrEqual(0.01);
    expect(refusedShare({ ...door, rate: rate * 1.05 })).toBeGreaterThan(0.01);
  });
});
