import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import type { Redis } from "./redis.ts";

const CHANNEL = "junction:back";

/** What a worker says that hears the others again; `since`: when it may have heard its last, in milliseconds. */
const noteSchema = z.object({ from: z.string(), since: z.number() });

/** What is told of Redis to whoever delivers messages. */
export interface PeersWatcher {
  /** The other workers cannot be heard. */
  peersLost(): void;
  /** They, or one of them, can be heard again; `since` is when that was no longer sure, in milliseconds since the epoch. */
  peersFound(since: number): void;
}

/** Tells when this worker loses the others, and when it or another has come back. `clock` is real time. */
export function watchReconnects(redis: Redis, watcher: PeersWatcher, clock: Clock): void {
  let lostAt = redis.state === "lost" ? clock.now() : undefined;
  if (lostAt !== undefined) watcher.peersLost();

  redis.subscribe("common", CHANNEL, (text) => {
    const { from, since } = noteSchema.parse(JSON.parse(text.toString()));
    if (from !== redis.id) watcher.peersFound(since);
  });
  redis.on("state", (state) => {
    if (state === "lost") {
      lostAt ??= clock.now();
      watcher.peersLost();
    } else if (lostAt !== undefined) {
      const since = lostAt;
      lostAt = undefined;
      void redis.publish("common", CHANNEL, JSON.stringify({ from: redis.id, since }));
      watcher.peersFound(since);
    }
  });
}
