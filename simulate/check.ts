import type { ContenderName } from "../bench/contenders/index.ts";
import { type FigureName, kindOf } from "../bench/report/figures.ts";
import { figure, table } from "../bench/report/table.ts";
import { simulateBench } from "./bench.ts";
import { type Costs, DEFAULT_WINDOW_MS, TRANSPORTS, type Transport } from "./costs.ts";
import { type Measured, planOf } from "./measured.ts";

/** The largest deviation of a prediction from the measured figure. */
export const MOST_DEVIATION = 0.2;

export interface Comparison {
  readonly scenario: string;
  readonly contender: ContenderName;
  readonly figure: FigureName;
  readonly predicted: number;
  readonly measured: number;
  /** The relative deviation: 0.1 if the prediction is a tenth more than the measured figure. */
  readonly deviation: number;
  /** True if no cost was derived from the scenario. Only such a figure tests the model. */
  readonly isHeldOut: boolean;
}

interface Check {
  readonly scenario: string;
  readonly figure: FigureName;
  readonly windowMs?: number;
}

const WINDOW_MS = 2;

const FAN_OUT: readonly Check[] = [
  { scenario: "room-1", figure: "deliveriesPerCpuSecond" },
  { scenario: "room-10", figure: "deliveriesPerCpuSecond" },
  { scenario: "rooms-1000", figure: "deliveriesPerCpuSecond" },
  { scenario: "across-workers-1", figure: "deliveriesPerCpuSecond" },
  { scenario: "locations", figure: "deliveriesPerCpuSecond" },
  { scenario: "latency", figure: "deliveriesPerCpuSecond" },
  { scenario: "latency", figure: "p50" },
  { scenario: "across-workers", figure: "deliveriesPerCpuSecond" },
  { scenario: "room-1", figure: "deliveriesPerCpuSecond", windowMs: WINDOW_MS },
  { scenario: "room-10", figure: "deliveriesPerCpuSecond", windowMs: WINDOW_MS },
  { scenario: "rooms-1000", figure: "deliveriesPerCpuSecond", windowMs: WINDOW_MS },
];

/** Compares the model's predictions with the figures of a run, as far as the run has them. */
export function check(costs: Costs, measured: Measured): Comparison[] {
  return TRANSPORTS.flatMap((transport) => [
    ...FAN_OUT.flatMap((one) => compareFanOut(one, transport, costs, measured)),
    ...compareConnections(transport, costs, measured),
  ]);
}

function compareFanOut(
  { scenario, figure, windowMs }: Check,
  transport: Transport,
  costs: Costs,
  measured: Measured,
): Comparison[] {
  const contender: ContenderName = windowMs === undefined ? `junction-${transport}` : `junction-${transport}-2ms`;
  const found = measured.find(scenario, contender, figure);
  if (found === undefined) return [];
  const prediction = simulateBench(
    planOf(scenario),
    { ...costs, ...costs.doors[transport] },
    windowMs ?? DEFAULT_WINDOW_MS,
  );
  const predicted = figure === "p50" ? prediction.p50 : prediction.deliveriesPerCpuSecond;
  return [compared({ scenario, contender, figure }, predicted, found, costs)];
}

function compareConnections(transport: Transport, costs: Costs, measured: Measured): Comparison[] {
  const contender: ContenderName = `junction-${transport}`;
  const { kibPerConnection, joinUs } = costs.doors[transport];
  // The joins of `idle-2000` are left out: much of their cost is the warm-up of a new server.
  const predictions = [
    ["idle-2000", "kibPerConnection", kibPerConnection],
    ["herd", "joinsPerCpuSecond", 1e6 / joinUs],
  ] as const;
  return predictions.flatMap(([scenario, figure, predicted]) => {
    const found = measured.find(scenario, contender, figure);
    return found === undefined ? [] : [compared({ scenario, contender, figure }, predicted, found, costs)];
  });
}

type Named = Pick<Comparison, "scenario" | "contender" | "figure">;

/** Makes a comparison. A scenario is held out if no cost was derived from it, with any window. */
function compared(named: Named, predicted: number, measured: number, { from }: Costs): Comparison {
  const isHeldOut = !Object.values(from).flat().includes(named.scenario);
  return { ...named, predicted, measured, deviation: predicted / measured - 1, isHeldOut };
}

/** Returns the held out comparisons that deviate by more than `MOST_DEVIATION`. */
export function missed(comparisons: readonly Comparison[]): Comparison[] {
  return comparisons.filter(({ isHeldOut, deviation }) => isHeldOut && Math.abs(deviation) > MOST_DEVIATION);
}

/** Formats the comparisons as a table: held out ones first, then those that the costs were derived from. */
export function checkTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons
    .toSorted((one, other) => Number(other.isHeldOut) - Number(one.isHeldOut))
    .map((one) => [
      one.scenario,
      one.contender,
      kindOf(one.figure).title,
      figure(one.figure, one.predicted),
      figure(one.figure, one.measured),
      `${one.deviation >= 0 ? "+" : ""}${(one.deviation * 100).toFixed(0)} %`,
      one.isHeldOut ? "held out" : "calibrated on",
    ]);
  return table(["scenario", "contender", "figure", "predicted", "measured", "off by", ""], rows);
}
