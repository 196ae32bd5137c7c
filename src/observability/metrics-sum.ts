import { AggregatorRegistry, Registry } from "prom-client";
import type { MetricsData } from "./metrics.ts";

/** Several workers' metrics as one text: counts are summed, the event loop's lag is averaged. */
export function sumMetrics(workers: readonly MetricsData[]): Promise<string> {
  return AggregatorRegistry.aggregate([...workers] as never).metrics();
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;
