import type { Job } from "./jobs.ts";
import type { Ended } from "./pool.ts";
import { readResult } from "./results.ts";

/** Counts what the jobs of a run did. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** The MongoDB servers that specs ran on, as `test/support/mongo.ts` names them. */
  readonly servers = new Set<string>();
  /** How many seconds each spec file took, the longest time where it ran more than once. */
  readonly seconds: Record<string, number> = {};

  /** Adds a job that has ended; what it came to, in words. */
  add(job: Job, { status, output }: Ended): string {
    const result = job.result === undefined ? undefined : readResult(job.result);
    if (!result) {
      // Mocha that leaves no result has not run its specs, whatever its status.
      const isGood = status === 0 && job.result === undefined;
      if (isGood) this.passed++;
      else this.failed++;
      return isGood ? "good" : `failed (status ${status})`;
    }
    // Mocha can fail without a failing spec, for example in what it does after the last one.
    const failed = status !== 0 && result.failed === 0 ? 1 : result.failed;
    this.passed += result.passed;
    this.failed += failed;
    this.skipped += result.skipped;
    for (const [, server = ""] of output.matchAll(/^ *MongoDB tests (.*)$/gm)) this.servers.add(server);
    for (const [file, seconds] of Object.entries(result.seconds))
      this.seconds[file] = Math.max(seconds, this.seconds[file] ?? 0);
    return `${result.passed} passed, ${failed} failed`;
  }

  /** The spec files that took the longest, a line each. */
  slowest(number: number): string {
    return Object.entries(this.seconds)
      .sort(([, a], [, b]) => b - a)
      .slice(0, number)
      .map(([file, seconds]) => `${seconds.toFixed(1).padStart(7)} s  ${file}`)
      .join("\n");
  }

  toString(): string {
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : "";
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}
