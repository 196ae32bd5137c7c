import { AggregatorRegistry, Registry } from "prom-client";
import type { MetricsData } from "./metrics.ts";

/** Merges the metrics of several workers into one text. Counts are summed; the lag of the event loop is averaged. */
export function sumMetrics(workers: readonly MetricsData[]): Promise<string> {
  return AggregatorRegistry.aggregate([...workers] as never).metrics();
}

/** The media type of metrics as text. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;
