import { type Clock, systemClock } from "../hub/clock.ts";
import type { Hub } from "../hub/hub.ts";
import { type Limits, localLimits } from "../hub/limits.ts";
import { redisAdapter } from "./adapter.ts";
import { createClaims } from "./claims.ts";
import { type ControlChannel, localControl, redisControl } from "./control.ts";
import { redisValues } from "./expiring-values.ts";
import { type Ingest, openIngest } from "./ingest.ts";
import { redisLimits } from "./limits.ts";
import { type PeersWatcher, watchReconnects } from "./reconnects.ts";
import { Redis } from "./redis.ts";

type Values = Parameters<typeof redisValues>[1];

/** What makes the workers one hub, or, without Redis, what a worker that is alone has instead. */
export interface Peers {
  readonly limits: Limits;
  readonly bus: ControlChannel;
  /** Short-lived values that all workers see; `local` is where they are kept on this worker. */
  shareValues(local: Values): Values;
  /** Absent where there is no Redis. */
  readonly rooms?: ReturnType<typeof redisAdapter>;
  /** Absent where there is no Redis. */
  readonly check?: () => void;
  /** To be called once the hub delivers: tells it and `delivery` of Redis, and opens the apps' inlets. */
  connect(hub: Hub, delivery: PeersWatcher, inlets: Ingest): void;
  /** Gives back what this worker holds, and ends the link. */
  close(): Promise<void>;
}

export interface PeersOptions {
  readonly redisUrl: string | undefined;
  readonly clock: Clock;
  readonly hub: () => Hub;
}

/**
 * Connects this worker to the others, if there is a Redis to do it by; one that does not answer is no reason not to start.
 * Throws when its URL has no known form. The link itself goes by real time.
 */
export async function connectPeers({ redisUrl, clock, hub }: PeersOptions): Promise<Peers> {
  if (redisUrl === undefined) {
    const shareValues = (local: Values): Values => local;
    return { limits: localLimits(clock), bus: localControl(hub), shareValues, connect() {}, async close() {} };
  }
  const redis = new Redis(redisUrl, systemClock);
  const limits = redisLimits(redis, systemClock);
  const bus = redisControl(redis, hub, systemClock);
  await redis.start();
  return {
    limits,
    bus,
    shareValues: (local) => redisValues(redis, local, systemClock),
    rooms: redisAdapter(redis, systemClock, (ms) => hub().events.emit("crossed", { ms })),
    check: () => redis.check(),
    connect(hub, delivery, inlets) {
      const { events } = hub;
      const { state, reason } = redis;
      events.emit("redis", { state, reason });
      redis.on("state", (state, { reason }) => events.emit("redis", { state, reason }));
      redis.on("passed", (direction) => events.emit("passed", { direction }));
      redis.on("fault", (error) => events.emit("fault", { where: "a message from Redis", error }));
      watchReconnects(redis, delivery, systemClock);
      openIngest(redis, inlets, hub, createClaims(redis, systemClock));
    },
    async close() {
      await limits.leave();
      await redis.close();
    },
  };
}
