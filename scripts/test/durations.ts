import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Seconds by spec file, as the last run of each took; a guess where there was none. */
export type Durations = Readonly<Record<string, number>>;

const FILE = "node_modules/.cache/junction/spec-durations.json";

export function readDurations(): Durations {
  try {
    return JSON.parse(readFileSync(FILE, "utf8")) as Durations;
  } catch {
    return {};
  }
}

export function writeDurations(durations: Durations): void {
  mkdirSync(path.dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify(durations));
}
