import type { Costs } from "./costs.ts";
import { type Condition, simulateOne } from "./one-of-many.ts";
import type { Demand } from "./options.ts";
import { spreadOver } from "./spread.ts";

/** The resource that bounds the number of connections on a worker. */
export type Bound = "processor time" | "memory" | "coming back";

/** The resources that a hub needs to carry a demand. Rates are per second. */
export interface Capacity {
  /** Workers of one core each: one more than the demand keeps busy, so that one can be replaced. */
  readonly workers: number;
  readonly machines: number;
  readonly boundBy: Bound;
  readonly connectionsPerWorker: number;
  /** The condition of each worker while one of them is missing. */
  readonly worker: Condition & { readonly memoryMiB: number; readonly secondsUntilBack: number };
  readonly messages: number;
  readonly deliveries: number;
  readonly redis: {
    readonly published: number;
    /** Messages that Redis sends to workers: one for each worker that has a member, including the publisher itself. */
    readonly handedOut: number;
    /** Redis subscriptions for rooms, of all workers together. */
    readonly subscriptions: number;
    /** Cores for the messages published, without those sent to workers; absent: not measured. */
    readonly publishingCores: number | undefined;
  };
  readonly store: {
    readonly changes: number;
    /** The least number of writes: the document with its outbox, and the entry in the room's log. */
    readonly writes: number;
    /** Queries that workers make without a request. */
    readonly sweeps: number;
  };
  readonly proxy: { readonly files: number; readonly writes: number };
}

/** The largest number of workers that is tried. */
const MOST_WORKERS = 20_000;

/** Collections of the hub itself. Each, as each of the apps', is looked through once a second by each worker. */
const OWN_COLLECTIONS = 7;

const MIB = 1_024;

/** Returns the smallest hub that carries `demand`; `undefined` when no number of workers does. */
export function capacityFor(demand: Demand, costs: Costs, random: () => number): Capacity | undefined {
  const transport = costs.doors[demand.transport];
  const byMemory = Math.ceil((demand.connections * transport.kibPerConnection) / MIB / demand.memory);
  const byReturn = Math.ceil((demand.connections * transport.joinUs) / 1e6 / demand.backWithin);
  const least = Math.max(byMemory, byReturn, 1);
  const conditions = new Map<number, Condition>();
  const isEnough = (workers: number): boolean => {
    const condition = simulateOne(demand, workers, costs, random);
    conditions.set(workers, condition);
    return condition.busy <= demand.busy;
  };
  const busy = smallest(least, Math.max(least, Math.min(demand.connections, MOST_WORKERS)), isEnough);
  const condition = busy === undefined ? undefined : conditions.get(busy);
  if (busy === undefined || !condition) return undefined;

  const workers = busy + 1;
  const rooms = demand.connections / demand.members;
  const messages = rooms * demand.rate;
  const deliveries = demand.connections * demand.rate;
  const listening = workers * spreadOver(demand.members, workers).occupied;
  const changes = messages * demand.changes;
  const perWorker = demand.connections / busy;
  return {
    workers,
    machines: Math.ceil(workers / demand.coresPerMachine),
    boundBy: busy > least ? "processor time" : byMemory > byReturn ? "memory" : "coming back",
    connectionsPerWorker: Math.round(perWorker),
    worker: {
      ...condition,
      memoryMiB: (perWorker * transport.kibPerConnection) / MIB,
      secondsUntilBack: (perWorker * transport.joinUs) / 1e6,
    },
    messages,
    deliveries,
    redis: {
      published: messages,
      handedOut: messages * listening,
      subscriptions: rooms * listening,
      publishingCores: costs.redisUs === undefined ? undefined : (messages * costs.redisUs) / 1e6,
    },
    store: { changes, writes: 2 * changes, sweeps: workers * (OWN_COLLECTIONS + demand.collections) },
    proxy: { files: 2 * demand.connections, writes: deliveries / Math.max(1, condition.framesPerWrite) },
  };
}

/** Finds the smallest number from `least` to `most` for which `isEnough` holds, if it holds for all greater ones. */
function smallest(least: number, most: number, isEnough: (count: number) => boolean): number | undefined {
  let high = least;
  let low = least - 1;
  while (!isEnough(high)) {
    if (high >= most) return undefined;
    low = high;
    high = Math.min(2 * high, most);
  }
  while (high - low > Math.max(1, high / 100)) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
