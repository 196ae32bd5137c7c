import { pid } from "node:process";
import type { Express } from "express";
import type { Clock } from "../hub/clock.ts";
import { HubError, toHubError } from "../hub/errors.ts";

/** One thing the worker needs to be of use. */
export interface ReadinessCheck {
  /** What is checked, for people: `store`, `redis`, `worker`. */
  readonly name: string;
  /** Throws or rejects when it is not ready. The text of a `HubError` is shown to whoever asks, no other. */
  readonly check: () => void | Promise<void>;
  /** The worker is of use without it: the reason is told, but it stays ready. */
  readonly isOptional?: boolean;
}

export interface Health {
  /** The worker's name, for example `w1`. */
  readonly worker: string;
  readonly checks: readonly ReadinessCheck[];
  readonly clock: Clock;
}

/** What probes and scrapers ask for, again and again. */
export const HEALTH_PATHS = ["/healthz", "/readyz", "/metrics"] as const;

/** A check that has not answered by then has failed: a probe must not hang on the thing that it probes. */
const CHECK_TIMEOUT_MS = 2_000;

/** `/healthz`: the process serves. `/readyz`: it may be given clients, or the reasons why not, or what it lacks. */
export function mountHealth(app: Express, { worker, checks, clock }: Health): void {
  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok", worker, pid });
  });

  app.get("/readyz", async (_request, response) => {
    const outcomes = await Promise.all(
      checks.map(async (check) => ({ check, reason: await reasonAgainst(check, clock) })),
    );
    const failed = outcomes.filter(({ reason }) => reason !== undefined);
    const reasons = failed.map(({ reason }) => reason);
    if (failed.every(({ check }) => check.isOptional)) response.json({ status: "ready", reasons });
    else response.status(503).set("Retry-After", "5").json({ status: "unavailable", reasons });
  });
}

async function reasonAgainst({ name, check }: ReadinessCheck, clock: Clock): Promise<string | undefined> {
  let cancel = (): void => {};
  const timeout = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(CHECK_TIMEOUT_MS, () => reject(new HubError("unavailable", "No answer")));
  });
  try {
    await Promise.race([Promise.resolve().then(check), timeout]);
    return undefined;
  } catch (thrown) {
    return `${name}: ${toHubError(thrown).message}`;
  } finally {
    cancel();
  }
}
