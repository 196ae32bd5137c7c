import type { Results } from "./results.ts";

/** By scenario and contender: its deliveries per server CPU second, as a multiple of what bare `ws` has in the same run. */
export type Ratios = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Comparison {
  readonly scenario: string;
  readonly contender: string;
  readonly recorded: number;
  /** Absent: this run has not measured it. */
  readonly measured: number | undefined;
  readonly hasFallen: boolean;
}

/** What the ratios go by: a machine that is twice as fast makes it twice as fast too. */
const MEASURE = "ws";

/** How far a ratio may fall before it is more than the noise of a short run. */
export const MOST_FALL = 0.25;

/** The ratios of Junction in a run. */
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

/** Every recorded ratio beside the one of this run. */
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
