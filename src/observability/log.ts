import { pid } from "node:process";
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from "pino";
import type { HubEvents } from "../hub/events.ts";
import { redact } from "./redact.ts";

export type Log = Logger;

export interface LogOptions {
  /** `silent` in tests. */
  readonly level: LevelWithSilent;
  /** Which worker is speaking, for example `w1`. */
  readonly worker: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** A log of JSON lines from which secrets are taken out, whoever put them in. */
export function createLog({ level, worker, destination }: LogOptions): Log {
  const options = {
    level,
    base: { worker, pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    hooks: { streamWrite: redact },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** How far the causes of an error are followed. */
const CAUSES = 4;

/**
 * What the log shows of an error. Other properties are left out: libraries hang request bodies, connection strings and
 * whole documents on their errors.
 */
function describeError(thrown: unknown, depth = CAUSES): Record<string, unknown> {
  if (!(thrown instanceof Error))
    return { type: typeof thrown, message: typeof thrown === "string" ? thrown : "not an Error" };
  const { name, message, stack, cause } = thrown;
  return {
    type: name,
    message,
    stack,
    ...("code" in thrown && { code: String(thrown.code) }),
    ...(cause !== undefined && depth > 0 && { cause: describeError(cause, depth - 1) }),
  };
}

/** Writes what happens in the hub to the log: faults as errors, who was turned away at `info`, traffic below. */
export function logHubEvents(events: HubEvents, log: Log): void {
  events.on("fault", ({ where, error }) => log.error({ where, err: error }, "fault"));
  events.on("redis", ({ state, reason }) => {
    if (state === "live") log.info("Redis is live: this worker is one with the others");
    else log.warn({ reason }, "Redis is lost: of other workers only what is in the log is heard");
  });
  events.on("inlet", ({ channel, outcome }) => {
    if (outcome === "malformed") log.warn({ channel }, "malformed publication");
  });
  events.on("refused", (facts) => log.info(facts, "client refused"));
  events.on("connected", (facts) => log.debug(facts, "client connected"));
  events.on("disconnected", (facts) => log.debug(facts, "client disconnected"));
  events.on("rejected", (facts) => log.debug(facts, "message rejected"));
  events.on("received", (facts) => log.trace(facts, "message received"));
  events.on("published", (facts) => log.trace(facts, "message published"));
}
