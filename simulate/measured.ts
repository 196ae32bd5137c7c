import { readFileSync } from "node:fs";
import type { ContenderName } from "../bench/contenders/index.ts";
import type { FigureName } from "../bench/report/figures.ts";
import type { Results } from "../bench/report/results.ts";
import { FAN_OUTS } from "../bench/scenarios/index.ts";
import type { Plan } from "./bench.ts";

/** Results of the benchmark, with access to single figures. */
export class Measured {
  readonly results: Pick<Results, "scenarios" | "date" | "command" | "machine">;
  readonly file: string;

  constructor(file: string, results: Measured["results"]) {
    this.file = file;
    this.results = results;
  }

  /** Reads one file, or several separated by commas. If several have a scenario, the last counts. */
  static read(files: string): Measured {
    const all = files.split(",").map((file) => JSON.parse(readFileSync(file, "utf8")) as Results);
    const [first] = all;
    if (!first) throw new Error("no results");
    const command = all.map((results) => results.command).join("; ");
    return new Measured(files, { ...first, command, scenarios: Object.assign({}, ...all.map((one) => one.scenarios)) });
  }

  /** Returns the median; `undefined` when the run does not have it. */
  find(scenario: string, contender: ContenderName, figure: FigureName): number | undefined {
    return this.results.scenarios[scenario]?.figures[contender]?.[figure]?.median;
  }

  /** Returns the median. Throws when the run does not have it. */
  get(scenario: string, contender: ContenderName, figure: FigureName): number {
    const found = this.find(scenario, contender, figure);
    if (found === undefined) throw new Error(`${this.file} has no ${figure} of ${contender} in ${scenario}`);
    return found;
  }
}

/** Returns the plan of a scenario of the benchmark. Throws when there is no such scenario. */
export function planOf(scenario: string): Plan {
  const found = FAN_OUTS.find(({ name }) => name === scenario);
  if (!found) throw new Error(`the benchmark has no fan-out ${scenario}`);
  return found;
}
