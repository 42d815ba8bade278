/** A line of the table: what was measured, its figure beside its floor or peer, and what it should be. */
export interface Figure {
  what: string;
  figure: string;
  goal: string;
}

/** A median and the interval that holds the true one with at least 95 % probability, by order statistics: no shape is assumed. */
export interface Estimate {
  median: number;
  low: number;
  high: number;
}

/** @param sample at least six numbers: of fewer no such interval exists. */
export function estimate(sample: readonly number[]): Estimate {
  const sorted = [...sample].sort((a, b) => a - b);
  const { length } = sorted;
  const at = (rank: number) => sorted[Math.min(length - 1, Math.max(0, rank))] ?? Number.NaN;
  // The ranks between which the median lies: the binomial's tails hold 2.5 % each at most.
  let below = 0;
  let tail = 0.5 ** length;
  for (let term = tail; tail + (term * (length - below)) / (below + 1) <= 0.025; below += 1) {
    term = (term * (length - below)) / (below + 1);
    tail += term;
  }
  return { median: (at((length - 1) >> 1) + at(length >> 1)) / 2, low: at(below), high: at(length - 1 - below) };
}

/** How long to go on: until the rounds are done or, on a slow machine, until the time is up and enough for an estimate are. */
export interface Extent {
  rounds: number;
  seconds: number;
}

/** Rounds that an estimate needs in any case. */
const fewest = 15;

/**
 * Measures several candidates in turn, every second round backwards, so that neighbours stay neighbours and each comes first as
 * often as second: what the machine does meanwhile hits both.
 */
export async function interleaved<Name extends string, Sample>(
  candidates: Readonly<Record<Name, () => Promise<Sample>>>,
  { rounds, seconds }: Extent,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(candidates) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  const end = performance.now() + 1000 * seconds;
  for (let round = 0; round < rounds && (round < fewest || performance.now() < end); round += 1) {
    for (const name of names) samples[name].push(await candidates[name]());
    names.reverse();
  }
  return samples;
}

/** The ratios of two candidates' figures, round by round. */
export function ratios(figures: readonly number[], floor: readonly number[]): number[] {
  return figures.map((figure, round) => figure / (floor[round] ?? Number.NaN));
}

export function formatted({ median, low, high }: Estimate, digits = 2): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
