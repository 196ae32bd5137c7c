import { parseArgs } from "node:util";
import { CONTENDERS, type ContenderName } from "./contenders/index.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import type { Duration, Scenario } from "./scenarios/scenario.ts";

export interface Options {
  readonly scenarios: readonly Scenario[];
  /** The contenders that take part, if a scenario has them. */
  readonly contenders: readonly ContenderName[];
  readonly rounds: number;
  readonly duration: Duration;
  /** Names the files of the results. */
  readonly name: string;
  readonly guard: boolean;
  readonly record: boolean;
}

/** The scenarios that the guard of CI compares; under two minutes. */
const QUICK = {
  scenarios: ["room-1", "room-10"],
  contenders: ["junction-plain", "junction-socketio", "socketio", "ws", "ws-joined"] as const,
  rounds: 2,
  duration: { warmUpMs: 1_000, ms: 2_000, timedMs: 4_000 },
};

const FULL = { rounds: 3, duration: { warmUpMs: 2_000, ms: 5_000, timedMs: 10_000 } };

const names = Object.keys(CONTENDERS) as ContenderName[];

export const HELP = `npm run bench                          every scenario with every contender that is installed, 3 rounds: over an hour
npm run bench -- --quick               one room with 1 and 10 messages a tick, few contenders, 2 rounds: two minutes
npm run bench -- --scenario NAME,…     these scenarios
npm run bench -- --contender NAME,…    these contenders, if the scenario has them
npm run bench -- --rounds N
npm run bench -- --record              writes Junction's ratios to bare ws into bench/recorded.json
npm run bench -- --guard               compares them with those; exit code 1 when one has fallen by more than a quarter
npm run bench -- --help

Scenarios: ${SCENARIOS.map(({ name }) => name).join(", ")}.
Contenders: ${names.join(", ")}.
Results are written to bench/results/. With MONGODB_URL, Junction's database is that one.`;

/** Parses the arguments; `undefined` for help. Throws for an unknown name, with the list of the known ones. */
export function optionsFrom(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: "string" },
      contender: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      guard: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const usual = values.quick ? QUICK : { ...FULL, scenarios: SCENARIOS.map(({ name }) => name), contenders: names };
  const scenarios = values.scenario?.split(",") ?? usual.scenarios;
  const contenders = values.contender?.split(",") ?? usual.contenders;
  const rounds = Number(values.rounds ?? usual.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds is a number from 1, not ${values.rounds}`);
  return {
    scenarios: scenarios.map((name) => known("scenario", SCENARIOS, ({ name: its }) => its, name)),
    contenders: contenders.map((name) => known("contender", names, (its) => its, name)),
    rounds,
    duration: usual.duration,
    name: values.scenario?.replaceAll(",", "-") ?? (values.quick ? "quick" : "full"),
    guard: values.guard,
    record: values.record,
  };
}

function known<T>(kind: string, all: readonly T[], nameOf: (one: T) => string, name: string): T {
  const found = all.find((one) => nameOf(one) === name);
  if (found === undefined) throw new Error(`There is no ${kind} ${name}; there is ${all.map(nameOf).join(", ")}`);
  return found;
}
