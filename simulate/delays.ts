import { latencyFigures } from "../bench/report/statistics.ts";

/** How long messages took; milliseconds. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
}

/** `latencies`: microseconds. Throws where there is none. */
export function delaysOf(latencies: readonly number[]): Delays {
  const { p50, p99 } = latencyFigures(latencies);
  return { p50: p50 / 1_000, p99: p99 / 1_000 };
}
