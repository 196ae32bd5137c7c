import { latencyFigures } from "../bench/report/statistics.ts";

/** Percentiles of the latencies of messages; milliseconds. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
}

/** Returns the percentiles of `latencies`, which are microseconds. Throws when there are none. */
export function delaysOf(latencies: readonly number[]): Delays {
  const { p50, p99 } = latencyFigures(latencies);
  return { p50: p50 / 1_000, p99: p99 / 1_000 };
}
