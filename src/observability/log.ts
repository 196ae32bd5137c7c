import { pid } from "node:process";
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from "pino";
import type { HubEvents } from "../hub/events.ts";
import { redact } from "./redact.ts";

export type Log = Logger;

export interface LogOptions {
  /** The least severe level that is written; `silent` in tests. */
  readonly level: LevelWithSilent;
  /** The name of this worker, for example `w1`. It is in each line. */
  readonly worker: string;
  /** A stream for the lines. Default: standard output. */
  readonly destination?: DestinationStream;
}

/** Creates a log of JSON lines. Secrets are removed from each line, wherever they came from. */
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

/** Causes of an error that are logged, at most. */
const CAUSES = 4;

/**
 * Returns the loggable fields of an error. Other properties are left out: libraries attach request bodies, connection strings
 * and whole documents to their errors.
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

/** Logs the events of the hub: faults at `error`, refused clients at `info`, traffic below. */
export function logHubEvents(events: HubEvents, log: Log): void {
  events.on("fault", ({ where, error }) => log.error({ where, err: error }, "fault"));
  events.on("redis", ({ state, reason }) => {
    if (state === "live") log.info("Redis is live: this worker exchanges messages with its peers");
    else
      log.warn(
        { reason },
        "Redis is lost: from other workers only messages of class log arrive, by way of the database",
      );
  });
  events.on("ingest", ({ channel, outcome }) => {
    if (outcome === "malformed") log.warn({ channel }, "malformed publication");
  });
  events.on("refused", (details) => log.info(details, "client refused"));
  events.on("connected", (details) => log.debug(details, "client connected"));
  events.on("disconnected", (details) => log.debug(details, "client disconnected"));
  events.on("rejected", (details) => log.debug(details, "message rejected"));
  events.on("received", (details) => log.trace(details, "message received"));
  events.on("published", (details) => log.trace(details, "message published"));
}
