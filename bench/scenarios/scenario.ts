import type { ContenderName } from "../contenders/index.ts";
import type { Target } from "../load/target.ts";
import type { Figures } from "../report/figures.ts";

/** How long is measured, after how long a time in which programs warm up; milliseconds. */
export interface Duration {
  readonly warmUpMs: number;
  /** At full speed. */
  readonly ms: number;
  /** At a fixed rate, which gives fewer messages. */
  readonly timedMs: number;
}

/** One thing that is measured, of one contender after another. */
export interface Scenario {
  readonly name: string;
  /** One line for people: what happens. */
  readonly title: string;
  readonly contenders: readonly ContenderName[];
  /** Servers of the contender; several have a Redis between them. */
  readonly workers: 1 | 2;
  /** The figure that the chart shows. */
  readonly chart: keyof Figures;
  /** Runs in the load generator, on a server that was started for it. Rejects when anything was lost or doubled. */
  run(target: Target, duration: Duration): Promise<Figures>;
}
