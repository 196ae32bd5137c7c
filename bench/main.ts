import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type ContenderName, contenderOf } from "./contenders/index.ts";
import { HELP, type Options, optionsFrom } from "./options.ts";
import { chart } from "./report/chart.ts";
import type { Figures } from "./report/figures.ts";
import { compare, type Ratios, ratiosOf } from "./report/guard.ts";
import {
  type ContenderInfo,
  packageVersions,
  type Results,
  type ScenarioResults,
  thisMachine,
} from "./report/results.ts";
import { spreadsOf } from "./report/statistics.ts";
import { page, section, table } from "./report/table.ts";
import { giveUp, runOnce } from "./run.ts";
import type { Scenario } from "./scenarios/scenario.ts";

const RESULTS = path.join(import.meta.dirname, "results");
const RECORDED = path.join(import.meta.dirname, "recorded.json");

async function main(args: readonly string[]): Promise<void> {
  const options = optionsFrom(args);
  if (!options) return console.log(HELP);
  // The key of this run's tokens, which servers and the load generator inherit.
  process.env.BENCH_JWT_SECRET = randomBytes(32).toString("hex");

  const date = new Date().toISOString().slice(0, 10);
  const command = ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
  const machine = thisMachine();
  const { contenders, versions } = await survey(options);
  const scenarios: Record<string, ScenarioResults> = {};
  const results: Results = { ...options, date, command, machine, versions, contenders, scenarios };
  for (const scenario of options.scenarios) {
    const present = scenario.contenders.filter((name) => contenders[name] && !contenders[name].missing);
    scenarios[scenario.name] = await runAll(scenario, present, options);
    console.log(`\n${section(results, scenario.name, scenarios[scenario.name] as ScenarioResults)}\n`);
    // Written after each scenario, so that an interrupted run leaves its results.
    await write(results, path.join(RESULTS, `${date}-${options.name}`));
  }
  console.log(`Written to bench/results/${date}-${options.name}.json, .md and .svg`);

  const lost = Object.values(scenarios).flatMap(({ failures }) => Object.keys(failures));
  if (lost.some((name) => name.startsWith("junction"))) process.exitCode = 1;
  if (options.record) await record(ratiosOf(results));
  if (options.guard) await guard(ratiosOf(results));
}

/** Finds the requested contenders that are installed, and their versions. */
async function survey(options: Options): Promise<Pick<Results, "contenders" | "versions">> {
  const contenders: Partial<Record<ContenderName, ContenderInfo>> = {};
  const versions = packageVersions();
  for (const name of options.contenders) {
    if (!options.scenarios.some((scenario) => scenario.contenders.includes(name))) continue;
    const contender = contenderOf(name);
    const { title, settings } = contender;
    const missing = await contender.missing?.();
    contenders[name] = { title, settings, ...(missing !== undefined && { missing }) };
    if (missing === undefined) Object.assign(versions, await contender.versions?.());
    else console.log(`${name}: ${missing}`);
  }
  return { contenders, versions };
}

/**
 * Runs all rounds of a scenario in the order A B C, A B C, so that other load on the machine affects all contenders.
 */
async function runAll(scenario: Scenario, names: readonly ContenderName[], options: Options): Promise<ScenarioResults> {
  const rounds = new Map<ContenderName, Figures[]>();
  const failures: ScenarioResults["failures"] = {};
  for (let round = 1; round <= options.rounds; round++) {
    for (const name of names) {
      const outcome = await runOnce(scenario, contenderOf(name), options.duration);
      const where = `${scenario.name} ${round}/${options.rounds} ${name}`;
      if ("figures" in outcome) {
        rounds.set(name, [...(rounds.get(name) ?? []), outcome.figures]);
        console.log(`${where}: ${brief(scenario, outcome.figures)}`);
      } else {
        failures[name] = { rounds: (failures[name]?.rounds ?? 0) + 1, reason: outcome.failed };
        console.log(`${where}: failed: ${outcome.failed}`);
      }
    }
  }
  const figures = Object.fromEntries([...rounds].map(([name, all]) => [name, spreadsOf(all)]));
  return { title: scenario.title, chart: scenario.chart, figures, failures };
}

function brief({ chart }: Scenario, figures: Figures): string {
  const { serverCpu = 0, loadCpu = 0 } = figures;
  const value = figures[chart]?.toLocaleString("en", { maximumSignificantDigits: 4 });
  return `${chart} ${value}; cores: server ${serverCpu.toFixed(2)}, load generator ${loadCpu.toFixed(2)}`;
}

async function write(results: Results, file: string): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(`${file}.json`, json(results));
  await writeFile(`${file}.md`, page(results));
  await writeFile(`${file}.svg`, chart(results));
}

/** Formats results with six digits of each number: more would not be significant. */
function json(value: unknown): string {
  const round = (_key: string, one: unknown): unknown => (typeof one === "number" ? Number(one.toPrecision(6)) : one);
  return `${JSON.stringify(value, round, 2)}\n`;
}

async function record(ratios: Ratios): Promise<void> {
  const before = existsSync(RECORDED) ? await recorded() : {};
  await writeFile(RECORDED, json({ ...before, ...ratios }));
  console.log("Written to bench/recorded.json");
}

async function guard(ratios: Ratios): Promise<void> {
  const compared = compare(await recorded(), ratios);
  const rows = compared.map(({ scenario, contender, recorded, measured, hasFallen }) => [
    scenario,
    contender,
    recorded.toFixed(2),
    measured?.toFixed(2) ?? "not measured",
    hasFallen ? "has fallen" : "",
  ]);
  console.log(`\n${table(["scenario", "contender", "recorded ratio to ws", "now", ""], rows)}`);
  if (compared.every(({ measured }) => measured === undefined))
    throw new Error("This run measured none of the recorded ratios: use --quick, or the same scenarios");
  if (compared.some(({ hasFallen }) => hasFallen)) process.exitCode = 1;
}

async function recorded(): Promise<Ratios> {
  if (!existsSync(RECORDED)) throw new Error("No ratios are recorded yet: run it with --record on a quiet machine");
  return JSON.parse(await readFile(RECORDED, "utf8")) as Ratios;
}

// The processes of a run get no signal from the terminal.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await giveUp();
    process.exit(1);
  });
}
try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
