import { FIGURES, type FigureName, kindOf } from "./figures.ts";
import { isLoadBound, type Results, type ScenarioResults } from "./results.ts";
import type { Spread } from "./statistics.ts";

/** Formats the whole run as a Markdown page. */
export function page(results: Results): string {
  const { machine, versions, duration, rounds, date, command } = results;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const head = [
    `\`${command}\` on ${date}. ${rounds} ${rounds === 1 ? "round" : "rounds"}; each figure is the median, with the`,
    `smallest and the largest in parentheses. ${duration.ms / 1_000} s at full speed or ${duration.timedMs / 1_000} s at a`,
    `fixed rate are measured after ${duration.warmUpMs / 1_000} s of warming up.`,
    "",
    `Machine: ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; load when it`,
    `began ${machine.loadBefore.toFixed(2)}. Versions: ${list.join(", ")}.`,
  ];
  const sections = Object.entries(results.scenarios).map(([name, found]) => section(results, name, found));
  return ["# Benchmark", "", ...head, "", sections.join("\n\n"), "", contenderTable(results), ""].join("\n");
}

/** Formats one scenario: its table, and notes about it. */
export function section({ contenders }: Pick<Results, "contenders">, name: string, found: ScenarioResults): string {
  return [`## ${name}`, "", `${found.title}.`, "", figureTable(found), ...notes(contenders, found)].join("\n");
}

function figureTable({ figures }: ScenarioResults): string {
  const rows = Object.entries(figures);
  const given = new Set(rows.flatMap(([, spreads]) => Object.keys(spreads)));
  const columns = (Object.keys(FIGURES) as FigureName[]).filter((name) => given.has(name));
  return table(
    ["contender", ...columns.map((name) => kindOf(name).title)],
    rows.map(([contender, spreads]) => [contender, ...columns.map((name) => cell(name, spreads[name]))]),
  );
}

function notes(contenders: Results["contenders"], { figures, failures }: ScenarioResults): string[] {
  const bound = Object.entries(figures).filter(([, spreads]) => isLoadBound(spreads));
  const lines = [
    ...bound.map(
      ([name]) => `${name}: the load generator was the bottleneck, so its deliveries per second are too few.`,
    ),
    ...Object.entries(failures).map(
      ([name, { rounds, reason }]) => `${name}: ${rounds} failed, not counted: ${reason}`,
    ),
    ...Object.entries(contenders).flatMap(([name, { missing }]) => (missing ? [`${name}: ${missing}`] : [])),
  ];
  return lines.length === 0 ? [] : ["", ...lines.map((line) => `- ${line}`)];
}

function contenderTable({ contenders }: Results): string {
  const rows = Object.entries(contenders).map(([name, { title, settings }]) => [name, title, settings]);
  return ["## Contenders", "", table(["name", "what", "settings"], rows)].join("\n");
}

/** Formats a spread as `median (min–max)`, or as the median alone if all are the same. */
export function cell(name: FigureName, spread: Spread | undefined): string {
  if (!spread) return "";
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) => figure(name, value));
  return min === max ? `${median}` : `${median} (${min}–${max})`;
}

/** Formats a figure for people. */
export function figure(name: FigureName, value: number): string {
  const { digits } = kindOf(name);
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Formats a Markdown table with aligned columns, so that it can be read on a terminal as well. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(3, ...[head, ...rows].map((row) => (row[i] ?? title).length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
