import type { Judgement } from "./judgement.ts";
import type { Kind, Tally, Violation } from "./violation.ts";

/** Violations of one kind that are described. */
const DESCRIBED = 5;

const PERCENTILES = [0.5, 0.9, 0.99, 1];
const HEAD = ["class", "sent", "due", "delivered", "gaps", "repeats", "out of order", "not newest", "went back"];
const MORE = ["resumed", "too old", "p50 ms", "p90", "p99", "max"];

/** Returns a table with a row per class. `log` has to deliver all that is due; the other classes may skip. */
export function table({ log, latest, violations }: Judgement, volatile: Tally): string {
  const broken = (kind: Kind): string => String(counted(violations, kind));
  const rows = [
    [...HEAD, ...MORE],
    ["log", ...sums(log), broken("gap"), broken("repeat"), broken("order"), "", "", ...rest(log)],
    ["latest", ...sums(latest), "", "", "", broken("not newest"), broken("went back"), ...rest(latest)],
    ["volatile", ...sums(volatile), "", "", "", "", "", ...rest(volatile)],
  ];
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => pad(cell, widths[i] ?? 0, i === 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Describes the first few violations of each kind and counts all of them. */
export function describeViolations(violations: readonly Violation[]): string {
  const kinds = [...new Set(violations.map(({ kind }) => kind))];
  const lines = kinds.flatMap((kind) => {
    const ofKind = violations.filter((violation) => violation.kind === kind);
    const described = ofKind.slice(0, DESCRIBED).map(({ where, detail }) => `  ${where}: ${detail}`);
    const more = ofKind.length > DESCRIBED ? [`  … and ${ofKind.length - DESCRIBED} more lines`] : [];
    return [`${kind}, ${counted(violations, kind)} times:`, ...described, ...more];
  });
  return lines.join("\n");
}

/** Returns percentiles of an unsorted list; `parts` from 0 to 1. Gives `undefined` for an empty list. */
export function percentiles(list: readonly number[], parts: readonly number[]): (number | undefined)[] {
  const sorted = Float64Array.from(list).sort();
  return parts.map((part) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]);
}

function sums({ sent, due, delivered }: Tally): string[] {
  return [sent, due, delivered].map(String);
}

function rest({ resumed, tooOld, latencies }: Tally): string[] {
  const times = percentiles(latencies, PERCENTILES).map((ms) => (ms === undefined ? "" : ms.toFixed(ms < 10 ? 1 : 0)));
  return [String(resumed), String(tooOld), ...times];
}

function counted(violations: readonly Violation[], kind: Kind): number {
  return violations.filter((one) => one.kind === kind).reduce((sum, { count }) => sum + count, 0);
}

function pad(text: string, width: number, isFirst: boolean): string {
  return isFirst ? text.padEnd(width) : text.padStart(width);
}
