import type { Adapter } from "socket.io-adapter";
import type { Channel } from "../hub/channel.ts";
import { type Clock, systemClock } from "../hub/clock.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Hub } from "../hub/hub.ts";
import { type Limits, localLimits } from "../hub/limits.ts";
import type { PeerReceiver, Peers } from "../hub/message.ts";
import { RedisRooms } from "./adapter.ts";
import { createClaims } from "./claims.ts";
import { type ControlChannel, localControl, redisControl } from "./control.ts";
import { redisValues } from "./expiring-values.ts";
import { type Ingest, openIngest } from "./ingest.ts";
import { redisLimits } from "./limits.ts";
import { watchReconnects } from "./reconnects.ts";
import { Redis } from "./redis.ts";

type Values = Parameters<typeof redisValues>[1];

/** This worker's link to the others, or, without Redis, the local stand-ins of a worker that is alone. */
export interface PeerLink {
  readonly peers: Peers;
  readonly limits: Limits;
  readonly control: ControlChannel;
  /** Makes a store of short-lived values for all workers; `local` keeps those of this worker. */
  shareValues(local: Values): Values;
  /** Makes the adapter with the rooms of a root namespace. Absent without Redis. */
  readonly adapterOf?: (namespace: { readonly name: string }) => Adapter;
  /** Checks readiness. Absent without Redis. */
  readonly check?: () => void;
  /**
   * Begins to pass on the other workers' actions, publications and state. To be called once, when the hub has its
   * delivery.
   */
  connect(served: Served): void;
  /** Releases the places that this worker holds, and closes the link. */
  close(): Promise<void>;
}

/** The parts of a worker that its link serves. */
export interface Served {
  readonly hub: Hub;
  readonly receiver: PeerReceiver;
  readonly channels: readonly Channel[];
  readonly ingest: Ingest;
}

/** Options of the link. `clock`: the time of the limits of a worker without Redis. */
export interface PeerLinkOptions {
  readonly redisUrl: string | undefined;
  readonly clock: Clock;
  readonly events: HubEvents;
}

/**
 * Connects this worker to the others, if `redisUrl` is set. Resolves even when Redis does not answer; the link then
 * keeps trying. Rejects with an `Error` when the URL is malformed. The link itself takes real time.
 */
export async function connectPeers({ redisUrl, clock, events }: PeerLinkOptions): Promise<PeerLink> {
  if (redisUrl === undefined) return localLink(clock);
  const redis = new Redis(redisUrl, systemClock);
  const limits = redisLimits(redis, systemClock);
  const control = redisControl(redis, systemClock);
  const rooms = new RedisRooms(redis, systemClock, events);
  redis.on("fault", (error) => events.emit("fault", { where: "a message from Redis", error }));
  await redis.start();
  return {
    peers: rooms,
    limits,
    control,
    shareValues: (local) => redisValues(redis, local, systemClock),
    adapterOf: (namespace) => rooms.adapterOf(namespace),
    check: () => redis.check(),
    connect({ hub, receiver, channels, ingest }) {
      const { state, reason } = redis;
      events.emit("redis", { state, reason });
      redis.on("state", (state, { reason }) => events.emit("redis", { state, reason }));
      redis.on("passed", (direction) => events.emit("passed", { direction }));
      control.control(hub);
      rooms.deliverTo(receiver, channels);
      watchReconnects(redis, receiver, systemClock);
      openIngest(redis, ingest, hub, createClaims(redis, systemClock));
    },
    async close() {
      await limits.leave();
      await redis.close();
    },
  };
}

function localLink(clock: Clock): PeerLink {
  const control = localControl();
  return {
    peers: { publish: () => undefined },
    limits: localLimits(clock),
    control,
    shareValues: (local) => local,
    connect: ({ hub }) => control.control(hub),
    async close() {},
  };
}
