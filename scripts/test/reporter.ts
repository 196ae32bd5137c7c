// The reporter of the specs: what mocha's own says, and the result as a file for the runner.
import { writeFileSync } from "node:fs";
import path from "node:path";
import Mocha from "mocha";
import type { Result } from "./results.ts";

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END } = Mocha.Runner.constants;

export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const seconds: Record<string, number> = {};
    const begun = new Map<Mocha.Suite, number>();
    runner.on(EVENT_SUITE_BEGIN, (suite) => {
      if (suite.parent?.root) begun.set(suite, Date.now());
    });
    runner.on(EVENT_SUITE_END, (suite) => {
      const since = begun.get(suite);
      if (since === undefined || suite.file === undefined) return;
      const file = path.relative(process.cwd(), suite.file);
      seconds[file] = (seconds[file] ?? 0) + (Date.now() - since) / 1000;
    });
    runner.on(EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats ?? { passes: 0, failures: 1, pending: 0 };
      const result: Result = { passed: passes, failed: failures, skipped: pending, seconds };
      writeFileSync(process.env.TEST_RESULT ?? "/dev/null", JSON.stringify(result));
    });
  }
}
