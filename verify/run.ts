import { setTimeout as sleep } from "node:timers/promises";
import { Api } from "./api.ts";
import { Audience } from "./audience.ts";
import { Changes } from "./changes.ts";
import type { Chaos } from "./chaos.ts";
import { judge } from "./judgement.ts";
import { Ledger } from "./ledger.ts";
import { openRooms } from "./mix.ts";
import type { People } from "./people.ts";
import { describeViolations, table } from "./report.ts";

export interface Run {
  readonly url: string;
  readonly people: People;
  readonly subscribers: number;
  /** Changes per second. */
  readonly rate: number;
  readonly seconds: number;
  /** Faults that are injected during the changes. */
  readonly chaos: Chaos | undefined;
  /** Ends the changes early; the messages sent by then are judged. */
  readonly signal: AbortSignal;
}

const PROGRESS_MS = 5_000;

/** Subscribes to a deployment, changes it, and prints the results. Resolves to true when every promise was kept. */
export async function run({ url, people, subscribers, rate, seconds, chaos, signal }: Run): Promise<boolean> {
  const ledger = new Ledger();
  const api = new Api(url);
  const groups = await openRooms({ api, people, ledger }, subscribers);
  const audience = new Audience(url, groups, ledger);
  const changes = new Changes(groups, ledger);
  try {
    console.log(`${audience.size} subscribers connect …`);
    await audience.enter();
    console.log(`${rate} changes per second for ${seconds} s${chaos ? ", with chaos" : ""}`);
    const begin = performance.now();
    const over = new AbortController();
    let reported = 0;
    const progress = report(over.signal, () => {
      const time = `${Math.round((performance.now() - begin) / 1_000)} s`;
      const made = `${changes.acknowledged} changes acknowledged, ${audience.received} messages received`;
      const newFaults = chaos?.done.slice(reported) ?? [];
      reported += newFaults.length;
      return [time, `${audience.present} subscribers connected`, made, ...newFaults].join(", ");
    });
    audience.typing.start();
    const faults = chaos?.run(seconds, signal);
    await changes.run(rate, seconds, signal);
    await faults;
    audience.typing.stop();
    await chaos?.whole().catch((error: Error) => console.log(error.message));
    console.log("No more changes; waiting for the last messages …");
    await audience.settle();
    over.abort();
    await progress;

    for (const { readNewest } of groups.flatMap(({ rooms }) => rooms)) await readNewest?.();
    const judgement = judge(ledger.rooms);
    const violations = [...judgement.violations, ...changes.violations, ...audience.violations()];
    console.log(`\n${table(judgement, audience.typing.tally)}\n`);
    console.log(
      `${changes.acknowledged} of ${changes.requested} changes acknowledged, ${api.retries} requests repeated.`,
    );
    if (chaos) console.log(`Chaos: ${chaos.done.join(", ")}.`);
    if (violations.length > 0) console.log(`\n${describeViolations(violations)}`);
    console.log(violations.length > 0 ? "\nPromises were broken." : "Every promise was kept.");
    return violations.length === 0;
  } finally {
    audience.typing.stop();
    chaos?.end();
    audience.leave();
  }
}

/** Prints a line every few seconds until `signal` aborts. */
async function report(signal: AbortSignal, line: () => string): Promise<void> {
  while (!signal.aborted) {
    await sleep(PROGRESS_MS, undefined, { signal }).catch(() => {});
    if (!signal.aborted) console.log(line());
  }
}
