import { readFileSync } from "node:fs";

/** What a mocha process did; its reporter writes it into a file. */
export interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** How many seconds each spec file took. */
  readonly seconds: Readonly<Record<string, number>>;
}

export function readResult(file: string): Result | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Result;
  } catch {
    // The process ended before its specs did.
    return undefined;
  }
}
