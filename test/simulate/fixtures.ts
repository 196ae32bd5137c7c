import type { ContenderName } from "../../bench/contenders/index.ts";
import type { Figures } from "../../bench/report/figures.ts";
import { type ScenarioResults, thisMachine } from "../../bench/report/results.ts";
import { spreadsOf } from "../../bench/report/statistics.ts";
import { simulateBench } from "../../simulate/bench.ts";
import { type Costs, DEFAULT_WINDOW_MS, TRANSPORTS } from "../../simulate/costs.ts";
import { Measured, planOf } from "../../simulate/measured.ts";

const FAN_OUT = { writeUs: 7, wakeUs: 5, firstUs: 0.3, copyUs: 0.05, acrossUs: 60, crossingUs: 40 };

/** Costs in round numbers. */
export const COSTS: Costs = {
  source: { file: "none", command: "none", date: "2026-01-01", machine: thisMachine() },
  from: {},
  readUs: 6,
  wokenReadUs: 9,
  messageUs: 0.2,
  changeUs: { log: 900, volatile: 400 },
  doors: {
    plain: { ...FAN_OUT, frameUs: 0.2, broadcastUs: 8, joinUs: 300, idleUs: 4, kibPerConnection: 10 },
    socketio: { ...FAN_OUT, frameUs: 0.4, broadcastUs: 12, joinUs: 500, idleUs: 6, kibPerConnection: 13 },
  },
};

/** What a benchmark would have measured if `costs` were the truth and the model right. */
export function resultsOf(costs: Costs): Measured {
  const scenarios: Record<string, ScenarioResults> = {};
  const add = (scenario: string, contender: ContenderName, figures: Figures): void => {
    const known = scenarios[scenario]?.figures ?? {};
    const all = { ...known, [contender]: spreadsOf([figures]) };
    scenarios[scenario] = { title: scenario, chart: "deliveriesPerCpuSecond", figures: all, failures: {} };
  };
  for (const transport of TRANSPORTS) {
    const contender: ContenderName = `junction-${transport}`;
    const known = { ...costs, ...costs.doors[transport] };
    for (const name of [
      "room-1",
      "room-10",
      "rooms-1000",
      "locations",
      "latency",
      "across-workers-1",
      "across-workers",
    ]) {
      const { framesPerWrite: _1, p99: _2, ...figures } = simulateBench(planOf(name), known, DEFAULT_WINDOW_MS);
      add(name, contender, figures);
    }
    for (const name of ["room-1", "room-10", "room-100"]) {
      const { framesPerWrite: _1, p99: _2, ...figures } = simulateBench(planOf(name), known, 0);
      add(name, `junction-${transport}-0ms`, figures);
    }
    add("idle-10000", contender, {
      kibPerConnection: known.kibPerConnection,
      joinsPerCpuSecond: 1e6 / known.joinUs,
      idleCpuMs: (known.idleUs ?? 0) * 10,
    });
    add("idle-2000", contender, { kibPerConnection: known.kibPerConnection * 1.5 });
  }
  for (const [name, frames] of [
    ["room-1", 1],
    ["room-100", 100],
  ] as const) {
    add(name, "ws-joined", { deliveriesPerCpuSecond: 1e6 / (FAN_OUT.writeUs / frames + FAN_OUT.copyUs) });
  }
  const acrossMs = (500 * 7.2 + 8 + 60) / 1_000;
  add("log-cost", "junction-log", { cpuMsPerMessage: acrossMs + 5 });
  add("log-cost", "junction-volatile", { cpuMsPerMessage: acrossMs + 4 });
  return new Measured("made up", { scenarios, date: "2026-01-01", command: "none", machine: thisMachine() });
}
