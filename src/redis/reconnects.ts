import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import type { PeerReceiver } from "../hub/message.ts";
import type { Redis } from "./redis.ts";

const CHANNEL = "junction:back";

/** The note of a worker that has reconnected. `since`: the time at which it found Redis lost; epoch milliseconds. */
const noteSchema = z.object({ from: z.string(), since: z.number() });

/**
 * Reports to `receiver` when this worker loses the others, and when it or another worker has reconnected. `clock` is
 * real time.
 */
export function watchReconnects(
  redis: Redis,
  receiver: Pick<PeerReceiver, "peersLost" | "peersFound">,
  clock: Clock,
): void {
  let lostAt = redis.state === "lost" ? clock.now() : undefined;
  if (lostAt !== undefined) receiver.peersLost();

  redis.subscribe("common", CHANNEL, (text) => {
    const { from, since } = noteSchema.parse(JSON.parse(text.toString()));
    if (from !== redis.id) receiver.peersFound(since);
  });
  redis.on("state", (state) => {
    if (state === "lost") {
      lostAt ??= clock.now();
      receiver.peersLost();
    } else if (lostAt !== undefined) {
      const since = lostAt;
      lostAt = undefined;
      void redis.publish("common", CHANNEL, JSON.stringify({ from: redis.id, since }));
      receiver.peersFound(since);
    }
  });
}
