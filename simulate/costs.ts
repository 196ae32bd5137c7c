import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Machine } from "../bench/report/results.ts";
import { loadConfig } from "../src/config.ts";

const FILE = path.join(import.meta.dirname, "costs.json");

export const TRANSPORTS = ["plain", "socketio"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** The default of `coalesceMs`, with which those contenders of the benchmark run that name no other value. */
export const DEFAULT_WINDOW_MS = loadConfig({ PORT: "0" }, {}, []).coalesceMs;

const cost = z.number().nonnegative();

/** The costs on one transport. Processor time in microseconds. */
const transportSchema = z.object({
  writeUs: cost,
  wakeUs: cost,
  frameUs: cost,
  firstUs: cost,
  copyUs: cost,
  broadcastUs: cost,
  /** One message to another worker, both sides together, without its delivery there. */
  acrossUs: cost,
  /** The messages that are sent to another worker together, whatever their number. */
  crossingUs: cost,
  /** A client that connects and joins a room. */
  joinUs: cost,
  /** An idle connection, per second: its pings, and its share of the worker's own work. Absent: not measured. */
  idleUs: cost.optional(),
  /** Memory of a connection that is in one room. */
  kibPerConnection: cost,
});

const costsSchema = z.object({
  /** The results of the benchmark that the costs were derived from. */
  source: z.object({
    file: z.string(),
    command: z.string(),
    date: z.string(),
    machine: z.custom<Machine>((value) => typeof value === "object" && value !== null),
  }),
  /** The scenarios that each cost was derived from. */
  from: z.record(z.string(), z.array(z.string())),
  /** The benchmark's load generator: a read from a socket, the same after it slept, and each message that is read. */
  readUs: cost,
  wokenReadUs: cost,
  messageUs: cost,
  /** A change by HTTP with one message to one room, by its class, on the embedded database. */
  changeUs: z.object({ log: cost, volatile: cost }),
  /** Redis, for each message that a worker publishes to no subscriber. Absent: not measured. */
  redisUs: cost.optional(),
  doors: z.object({ plain: transportSchema, socketio: transportSchema }),
});

export type Costs = z.infer<typeof costsSchema>;
export type TransportCosts = z.infer<typeof transportSchema>;

/** Reads the costs that capacity is computed with. Throws when the file is missing or invalid. */
export function readCosts(): Costs {
  return costsSchema.parse(JSON.parse(readFileSync(FILE, "utf8")));
}

/** Writes the costs, with four digits of each number: more would not be significant. */
export function writeCosts(costs: Costs): void {
  const round = (_key: string, value: unknown): unknown =>
    typeof value === "number" ? Number(value.toPrecision(4)) : value;
  writeFileSync(FILE, `${JSON.stringify(costs, round, 2)}\n`);
}
