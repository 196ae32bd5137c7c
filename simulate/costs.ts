import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Machine } from "../bench/report/results.ts";
import { loadConfig } from "../src/config.ts";

const FILE = path.join(import.meta.dirname, "costs.json");

export const TRANSPORTS = ["plain", "socketio"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** `coalesceMs` where nobody has set it: what the benchmark's contenders run with that do not name another. */
export const DEFAULT_WINDOW_MS = loadConfig({ PORT: "0" }, {}, []).coalesceMs;

const cost = z.number().nonnegative();

/** What things cost at one door. Processor time in microseconds. */
const transportSchema = z.object({
  writeUs: cost,
  wakeUs: cost,
  frameUs: cost,
  firstUs: cost,
  copyUs: cost,
  broadcastUs: cost,
  /** One message to another worker, both sides together, without showing it there. */
  acrossUs: cost,
  /** What goes there together, however many messages. */
  crossingUs: cost,
  /** A client that connects, and joins a room. */
  joinUs: cost,
  /** A connection that says nothing, each second: its pings, and its share of what the worker does anyway. Absent: not measured. */
  idleUs: cost.optional(),
  /** Memory of a connection that is in one room. */
  kibPerConnection: cost,
});

const costsSchema = z.object({
  /** The results of the benchmark that they were made from. */
  source: z.object({
    file: z.string(),
    command: z.string(),
    date: z.string(),
    machine: z.custom<Machine>((value) => typeof value === "object" && value !== null),
  }),
  /** By cost, the scenarios that it was made from. */
  from: z.record(z.string(), z.array(z.string())),
  /** The benchmark's load generator: a read from a socket, the same when it slept, and each message in what it reads. */
  readUs: cost,
  wokenReadUs: cost,
  messageUs: cost,
  /** A change by HTTP with one message to one room, by its class, on the embedded database. */
  changeUs: z.object({ log: cost, volatile: cost }),
  /** Redis, for each message that a worker publishes and nobody hears. Absent: not measured. */
  redisUs: cost.optional(),
  doors: z.object({ plain: transportSchema, socketio: transportSchema }),
});

export type Costs = z.infer<typeof costsSchema>;
export type TransportCosts = z.infer<typeof transportSchema>;

/** The costs that capacity is computed with. Throws when there are none, or they are not what they should be. */
export function readCosts(): Costs {
  return costsSchema.parse(JSON.parse(readFileSync(FILE, "utf8")));
}

/** Six digits of a measured number are more than are true of it. */
export function writeCosts(costs: Costs): void {
  const round = (_key: string, value: unknown): unknown =>
    typeof value === "number" ? Number(value.toPrecision(4)) : value;
  writeFileSync(FILE, `${JSON.stringify(costs, round, 2)}\n`);
}
