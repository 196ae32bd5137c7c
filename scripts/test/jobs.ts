import { readFileSync } from "node:fs";
import path from "node:path";
import type { Durations } from "./durations.ts";
import { startsProcesses } from "./processes.ts";

/** One process of a test run. */
export interface Job {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** How long it takes, as far as is known. */
  readonly seconds: number;
  /** Added to what it inherits. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it writes its result, if its process is mocha. */
  readonly result?: string;
}

/** The options of Node that specs run with, from mocha's own configuration. */
const NODE_OPTIONS = (
  JSON.parse(readFileSync(path.resolve(import.meta.dirname, "../../.mocharc.json"), "utf8"))["node-option"] as string[]
).map((option) => `--${option}`);

/** Starting a process for specs costs two seconds, so those that are quick share one, up to this many seconds. */
const SHARED_SECONDS = 40;
/** What a spec file is taken to need before it has ever run: those that start processes wait for them. */
const GUESSED_SECONDS = { withProcesses: 20, without: 3 };

let number = 0;

/** A mocha process for these specs; it writes its result into `folder`. */
export function specJob(
  specs: readonly string[],
  { options = [], env = {}, folder, note = "", seconds = 0 }: SpecSettings & { seconds?: number },
): Job {
  const result = path.join(folder, `${++number}.json`);
  const [first = "no specs"] = specs;
  return {
    name: `${specs.length > 1 ? `${first} and ${specs.length - 1} more` : first}${note}`,
    command: [
      process.execPath,
      // `bin/mocha.js` would start a second process to have these options in it.
      ...NODE_OPTIONS,
      "node_modules/mocha/lib/cli/cli.js",
      ...["--reporter", "scripts/test/reporter.ts"],
      ...options,
      ...specs,
    ],
    seconds,
    env: { ...env, TEST_RESULT: result },
    result,
  };
}

export interface SpecSettings {
  /** Where results are written. */
  readonly folder: string;
  /** Added to what the processes inherit. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options for mocha. */
  readonly options?: readonly string[];
  /** Stands after the names of the jobs. */
  readonly note?: string;
  /** Deals the specs out to about so many processes, instead of as many as keeps each short. */
  readonly processes?: number;
}

/** Deals specs out to processes, each long one to a process of its own. */
export function specJobs(specs: readonly string[], durations: Durations, settings: SpecSettings): Job[] {
  const guess = (spec: string): number => GUESSED_SECONDS[startsProcesses(spec) ? "withProcesses" : "without"];
  const known = specs.map((spec) => ({ spec, seconds: durations[spec] ?? guess(spec) }));
  const total = known.reduce((sum, { seconds }) => sum + seconds, 0);
  const capacity = settings.processes === undefined ? SHARED_SECONDS : total / settings.processes;
  const shared: { specs: string[]; seconds: number }[] = [];
  for (const { spec, seconds } of known.toSorted((a, b) => b.seconds - a.seconds)) {
    const place = shared.find((batch) => batch.seconds + seconds <= capacity);
    if (place) {
      place.specs.push(spec);
      place.seconds += seconds;
    } else {
      shared.push({ specs: [spec], seconds });
    }
  }
  return shared.map((batch) => specJob(batch.specs, { ...settings, seconds: batch.seconds }));
}
