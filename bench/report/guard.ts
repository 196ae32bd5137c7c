import type { Results } from "./results.ts";

/** Deliveries per server CPU second, as a multiple of those of bare `ws` in the same run; by scenario and contender. */
export type Ratios = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Comparison {
  readonly scenario: string;
  readonly contender: string;
  readonly recorded: number;
  /** The ratio of this run; absent: not measured. */
  readonly measured: number | undefined;
  readonly hasFallen: boolean;
}

/** The contender that ratios refer to: on a machine that is twice as fast, it is twice as fast too. */
const MEASURE = "ws";

/** The largest fall of a ratio that the noise of a short run can cause. */
export const MOST_FALL = 0.25;

/** Returns the ratios of Junction in a run. */
export function ratiosOf(results: Pick<Results, "scenarios">): Ratios {
  const entries = Object.entries(results.scenarios).flatMap(([scenario, { figures }]) => {
    const measure = figures[MEASURE]?.deliveriesPerCpuSecond?.median;
    if (measure === undefined) return [];
    const ratios = Object.entries(figures).flatMap(([contender, { deliveriesPerCpuSecond }]) =>
      contender.startsWith("junction") && deliveriesPerCpuSecond
        ? [[contender, Math.round((deliveriesPerCpuSecond.median / measure) * 1_000) / 1_000] as const]
        : [],
    );
    return [[scenario, Object.fromEntries(ratios)] as const];
  });
  return Object.fromEntries(entries);
}

/** Compares every recorded ratio with the one of this run. */
export function compare(recorded: Ratios, measured: Ratios): Comparison[] {
  return Object.entries(recorded).flatMap(([scenario, ratios]) =>
    Object.entries(ratios).map(([contender, ratio]) => {
      const now = measured[scenario]?.[contender];
      return {
        scenario,
        contender,
        recorded: ratio,
        measured: now,
        hasFallen: now !== undefined && now < ratio * (1 - MOST_FALL),
      };
    }),
  );
}
