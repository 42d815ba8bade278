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

/** Runs several candidates in turn, as many rounds, the order turning with each: what a machine does meanwhile hits all alike. */
export async function interleaved<Name extends string>(
  candidates: Readonly<Record<Name, () => Promise<number>>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(candidates) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length];
      if (name !== undefined) figures[name].push(await candidates[name]());
    }
  }
  return figures;
}

/** The ratios of two candidates' figures, round by round. */
export function ratios(figures: readonly number[], floor: readonly number[]): number[] {
  return figures.map((figure, round) => figure / (floor[round] ?? Number.NaN));
}

export function formatted({ median, low, high }: Estimate, digits = 2): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
