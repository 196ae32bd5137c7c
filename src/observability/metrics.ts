import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";
import type { DisconnectName } from "../hub/disconnects.ts";
import type { HubEvents } from "../hub/events.ts";

/** The sources of a worker's metrics. */
export interface Measured {
  readonly events: HubEvents;
  /** Returns the number of (client, room) pairs on this worker, by root namespace. */
  readonly subscriptions: () => ReadonlyMap<string, number>;
}

/** The metrics of a worker, as text for a scraper and as data that the primary can sum. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  data(): Promise<MetricsData>;
}

/** The metrics of a worker as data. */
export type MetricsData = MetricObjectWithValues<MetricValue<string>>[];

/** Refusals for a missing or invalid credential. */
const AUTHENTICATION: readonly DisconnectName[] = [
  "authentication_required",
  "invalid_token",
  "invalid_api_key",
  "token_expired",
  "token_revoked",
];

/** Refusals for a limit that was reached. */
const LIMITS: readonly DisconnectName[] = ["too_many_connections", "rate_limited"];

/** Creates the metrics of a worker from the events of the hub. docs/operations.md describes each metric. */
export function createMetrics({ events, subscriptions }: Measured): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  countConnections(register, events);
  countMessages(register, events);
  countWrites(register, events);
  countDelivery(register, events);
  countRedis(register, events);

  new Gauge({
    name: "junction_room_subscriptions",
    help: "Pairs of a client and a room that it is in, by root namespace",
    labelNames: ["namespace"],
    registers: [register],
    collect() {
      for (const [namespace, pairs] of subscriptions()) this.set({ namespace }, pairs);
    },
  });
  const faults = counter(register, "junction_faults_total", "Internal faults; the log has each with its stack", []);
  events.on("fault", () => faults.inc());

  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    data: () => register.getMetricsAsJSON(),
  };
}

function countConnections(register: Registry, events: HubEvents): void {
  const active = new Gauge({
    name: "junction_connections_active",
    help: "Open connections",
    labelNames: ["app", "transport"],
    registers: [register],
  });
  events.on("connected", ({ app, transport }) => active.inc({ app, transport }));
  events.on("disconnected", ({ app, transport }) => active.dec({ app, transport }));

  const refused = counter(register, "junction_connection_errors_total", "Clients that were refused or disconnected", [
    "app",
    "reason",
  ]);
  const failed = counter(register, "junction_authentication_failures_total", "Missing or invalid credentials", [
    "app",
    "reason",
  ]);
  const limited = counter(register, "junction_limits_hit_total", "Limits that clients have reached", ["app", "limit"]);
  events.on("refused", ({ app, disconnect }) => {
    refused.inc({ app, reason: disconnect });
    if (AUTHENTICATION.includes(disconnect)) failed.inc({ app, reason: disconnect });
    if (LIMITS.includes(disconnect)) limited.inc({ app, limit: disconnect });
  });
}

function countMessages(register: Registry, events: HubEvents): void {
  const received = counter(register, "junction_messages_received_total", "Messages from clients", ["app", "type"]);
  events.on("received", ({ app, type }) => received.inc({ app, type }));
  const sent = counter(register, "junction_messages_sent_total", "Messages to one client", ["app", "type"]);
  events.on("sent", ({ app, type }) => sent.inc({ app, type }));
  const broadcasts = counter(register, "junction_broadcasts_total", "Messages to rooms, each counted once", [
    "namespace",
    "type",
  ]);
  events.on("published", ({ namespace, type }) => broadcasts.inc({ namespace, type }));
  const rejected = counter(register, "junction_messages_rejected_total", "Messages answered with an error", [
    "app",
    "code",
  ]);
  events.on("rejected", ({ app, code }) => rejected.inc({ app, code }));
}

function countWrites(register: Registry, events: HubEvents): void {
  const writes = counter(register, "junction_socket_writes_total", "System calls that wrote to WebSockets", []);
  const frames = counter(register, "junction_socket_frames_total", "Frames that those writes carried", []);
  events.on("written", (written) => {
    writes.inc(written.writes);
    frames.inc(written.frames);
  });
  const slow = counter(
    register,
    "junction_slow_clients_total",
    "Queues of slow clients that were conflated or closed",
    ["outcome"],
  );
  events.on("slow", ({ outcome }) => slow.inc({ outcome }));
}

function countDelivery(register: Registry, events: HubEvents): void {
  const dropped = counter(register, "junction_messages_dropped_total", "Messages that were not delivered, by class", [
    "delivery",
    "reason",
  ]);
  events.on("dropped", ({ delivery, reason, count = 1 }) => dropped.inc({ delivery, reason }, count));
  const resumed = counter(register, "junction_resumes_total", "Clients that resumed with since", [
    "namespace",
    "recovered",
  ]);
  events.on("resumed", ({ namespace, recovered }) => resumed.inc({ namespace, recovered: String(recovered) }));
}

function countRedis(register: Registry, events: HubEvents): void {
  const live = new Gauge({
    name: "junction_redis_live",
    help: "Workers whose Redis link is live",
    registers: [register],
  });
  events.on("redis", ({ state }) => live.set(state === "live" ? 1 : 0));
  const messages = counter(register, "junction_redis_messages_total", "Messages between workers", ["direction"]);
  events.on("passed", ({ direction }) => messages.inc({ direction }));
  const latency = new Histogram({
    name: "junction_broadcast_latency_seconds",
    help: "Time from one worker's broadcast to its arrival at another",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [register],
  });
  // The clocks of two machines may differ by more than the latency.
  events.on("crossed", ({ ms }) => latency.observe(Math.max(ms, 0) / 1_000));
  const ingested = counter(
    register,
    "junction_inlet_publications_total",
    "Publications of other programs on Redis channels",
    ["channel", "outcome"],
  );
  events.on("ingest", ({ channel, outcome }) => ingested.inc({ channel, outcome }));
}

function counter<T extends string>(register: Registry, name: string, help: string, labelNames: T[]): Counter<T> {
  return new Counter({ name, help, labelNames, registers: [register] });
}
