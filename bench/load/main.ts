import type { Figures } from "../report/figures.ts";
import { SCENARIOS } from "../scenarios/index.ts";
import type { Duration } from "../scenarios/scenario.ts";
import { Target, type TargetInfo } from "./target.ts";

/** The job of a load generator: one scenario, on one contender that serves. */
export interface Job {
  readonly scenario: string;
  readonly target: TargetInfo;
  readonly duration: Duration;
}

export type Outcome = { readonly figures: Figures } | { readonly failed: string };

/** The load generator: one process for each run, so that none inherits the memory or the compiled code of another. */
process.once("message", async (job: Job) => {
  process.send?.(await outcomeOf(job), () => process.exit(0));
});
process.on("disconnect", () => process.exit(0));

async function outcomeOf({ scenario, target, duration }: Job): Promise<Outcome> {
  try {
    const found = SCENARIOS.find(({ name }) => name === scenario);
    if (!found) throw new Error(`no scenario ${scenario}`);
    return { figures: await found.run(new Target(target), duration) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}
