import type { ContenderName } from "../contenders/index.ts";
import type { Target } from "../load/target.ts";
import type { Figures } from "../report/figures.ts";

/** Milliseconds of the warm-up and of the measurement. */
export interface Duration {
  readonly warmUpMs: number;
  /** At full speed. */
  readonly ms: number;
  /** At a fixed rate, which gives fewer messages. */
  readonly timedMs: number;
}

/** A measurement that each of its contenders goes through. */
export interface Scenario {
  readonly name: string;
  /** A description in one line, for people. */
  readonly title: string;
  readonly contenders: readonly ContenderName[];
  /** Servers of the contender; several have a Redis between them. */
  readonly workers: 1 | 2;
  /** The figure that the chart shows. */
  readonly chart: keyof Figures;
  /** Runs in the load generator, on a server that was started for it. Rejects when a message was lost or doubled. */
  run(target: Target, duration: Duration): Promise<Figures>;
}
