import type { Clock } from "../hub/clock.ts";
import type { Redis } from "./redis.ts";

/** A store of short-lived values under keys; `auth/` keeps ws tokens in it. */
interface Values {
  set(key: string, value: string, ttlMs: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
}

/**
 * Makes a store of values in Redis, for all workers. Values that this worker sets are also kept in `local`. It reads
 * them there while Redis is lost, and writes them to Redis after a reconnect, in case Redis was restarted empty.
 * `clock` is real time.
 */
export function redisValues(redis: Redis, local: Values, clock: Clock): Values {
  const mine = new Map<string, number>();

  redis.attend({
    async begin(connection) {
      for (const [key, endsAt] of mine) {
        const value = await local.get(key);
        const rest = endsAt - clock.now();
        if (value !== undefined && rest > 0) await connection.command(key, ["SET", key, value, "PX", String(rest)]);
      }
    },
    end() {},
  });

  return {
    async set(key, value, ttlMs) {
      await local.set(key, value, ttlMs);
      mine.set(key, clock.now() + ttlMs);
      clock.after(ttlMs, () => mine.delete(key));
      await redis.command(key, ["SET", key, value, "PX", String(ttlMs)]).catch(() => {});
    },

    async get(key) {
      const found = await redis.command(key, ["GET", key]).catch(() => undefined);
      return typeof found === "string" ? found : local.get(key);
    },
  };
}
