import type { Clock } from "../hub/clock.ts";
import type { Redis } from "./redis.ts";

/** Short-lived values under keys; `auth/` keeps its ws tokens so. */
interface Values {
  set(key: string, value: string, ttlMs: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
}

/**
 * Values that all workers see, in Redis. Those that were set here are also kept in `local`, so that this worker knows them
 * while Redis is lost, and gives them to a Redis that comes back without them. `clock` is real time.
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
