import type { Capacity } from "./capacity.ts";
import type { Costs } from "./costs.ts";
import type { Demand } from "./options.ts";

/** Formats the resources that a demand needs, for people. */
export function report(demand: Demand, { source }: Costs, capacity: Capacity | undefined): string {
  const rooms = demand.connections / demand.members;
  const head = [
    `${count(demand.connections)} connections in ${count(rooms)} rooms of ${count(demand.members)}, ` +
      `${demand.rate} messages per second into each room, ${demand.changes * 100} % of them changes by HTTP; ` +
      `${demand.transport} transport, window ${demand.windowMs} ms`,
    `Costs from ${source.file} (${source.date}, ${source.machine.cores} cores of ${source.machine.cpu})`,
    "",
  ];
  if (!capacity) {
    return [
      ...head,
      "No number of workers is enough: every message costs time on every worker. Lower --rate or --members.",
    ].join("\n");
  }
  const { worker, redis, store, proxy } = capacity;
  const lines: [string, string][] = [
    ["workers", `${count(capacity.workers)}, one of them spare; one core each`],
    ["machines", `${count(capacity.machines)} of ${demand.coresPerMachine} cores, without nginx, Redis and MongoDB`],
    ["bound by", capacity.boundBy],
    ["each worker", `${count(capacity.connectionsPerWorker)} connections, ${count(worker.memoryMiB)} MiB for them`],
    ["", `${(worker.busy * 100).toFixed(0)} % of a core; ${worker.framesPerWrite.toFixed(2)} frames per write`],
    ["", `publishing to write p50 ${worker.p50.toFixed(2)} ms, p99 ${worker.p99.toFixed(2)} ms`],
    ["", `${worker.secondsUntilBack.toFixed(1)} s of its core until all clients have reconnected`],
    ["messages", `${count(capacity.messages)} a second, ${count(capacity.deliveries)} deliveries`],
    ["Redis", `${count(redis.published)} published per second, ${count(redis.handedOut)} sent to workers`],
    ["", `${count(redis.subscriptions)} subscriptions`],
    [
      "",
      redis.publishingCores === undefined
        ? "its processor time was not measured"
        : `${redis.publishingCores.toFixed(2)} cores for what is published, more for what is sent to workers`,
    ],
    ["MongoDB", `${count(store.changes)} changes a second, at least ${count(store.writes)} writes`],
    ["", `${count(store.sweeps)} queries a second by idle workers`],
    ["nginx", `${count(proxy.files)} file descriptors, ${count(proxy.writes)} reads and as many writes a second`],
  ];
  return [...head, ...lines.map(([name, text]) => `${name.padEnd(12)}${text}`)].join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
}
