import { pid } from "node:process";
import type { Express } from "express";
import type { Clock } from "../hub/clock.ts";
import { HubError, toHubError } from "../hub/errors.ts";

/** A check of one dependency of the worker. */
export interface ReadinessCheck {
  /** The name of the dependency, for people: `store`, `redis`, `worker`. */
  readonly name: string;
  /** Throws or rejects when it is not ready. The text of a `HubError` is part of the answer; no other text is. */
  readonly check: () => void | Promise<void>;
  /** True if the worker can serve without the dependency. A failure is then reported, but the worker stays ready. */
  readonly isOptional?: boolean;
}

export interface Health {
  /** The worker's name, for example `w1`. */
  readonly worker: string;
  readonly checks: readonly ReadinessCheck[];
  readonly clock: Clock;
}

/** Paths that probes and scrapers request again and again. */
export const HEALTH_PATHS = ["/healthz", "/readyz", "/metrics"] as const;

/** Milliseconds after which a check counts as failed: a probe must not hang on the dependency that it checks. */
const CHECK_TIMEOUT_MS = 2_000;

/**
 * Mounts `/healthz` and `/readyz`. `/healthz` answers while the process serves. `/readyz` answers 200 when the worker
 * may get clients, else 503; both have the reasons of the checks that failed.
 */
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
