import type { FigureName, Figures } from "./figures.ts";

/** A figure over the rounds of a run. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export type Spreads = Readonly<Partial<Record<FigureName, Spread>>>;

/**
 * Returns the spread of values. The median of an even number is the mean of the middle two. Throws for an empty list.
 */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new Error("a spread of nothing");
  const middle = sorted.length / 2;
  const pair = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return { median: ((pair[0] ?? min) + (pair[1] ?? max)) / 2, min, max };
}

/** Returns the spread of each figure that the rounds have. */
export function spreadsOf(rounds: readonly Figures[]): Spreads {
  const names = new Set(rounds.flatMap((figures) => Object.keys(figures) as FigureName[]));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      spreadOf(rounds.map((figures) => figures[name]).filter((value) => value !== undefined)),
    ]),
  );
}

/** Returns the smallest value that `share` (0–1) of the values do not exceed. Throws for an empty list. */
export function percentile(values: Float64Array, share: number): number {
  return percentileOfSorted(values.toSorted(), share);
}

/** Returns the median, 99th and 99.9th percentile of latencies, in their unit. Throws for an empty list. */
export function latencyFigures(latencies: readonly number[]) {
  const sorted = Float64Array.from(latencies).sort();
  return {
    p50: percentileOfSorted(sorted, 0.5),
    p99: percentileOfSorted(sorted, 0.99),
    p999: percentileOfSorted(sorted, 0.999),
  } satisfies Figures;
}

function percentileOfSorted(sorted: Float64Array, share: number): number {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new Error("a percentile of nothing");
  return value;
}
