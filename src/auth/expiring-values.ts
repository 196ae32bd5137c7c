import type { Clock } from "../hub/clock.ts";

/** A store of short-lived values, each removed when its time to live is over. */
export interface ExpiringValues {
  /**
   * Stores `value` under `key` for `ttlMs` milliseconds. Rejects with `HubError("unavailable")` when the store is
   * unreachable.
   */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** Returns the unexpired value under `key`. Rejects with `HubError("unavailable")` when the store is unreachable. */
  get(key: string): Promise<string | undefined>;
}

/** Creates a store in the memory of this process. Its values are lost when the process ends. */
export function localExpiringValues(clock: Clock): ExpiringValues {
  const kept = new Map<string, { readonly value: string; readonly expiresAt: number }>();

  return {
    async set(key, value, ttlMs) {
      const entry = { value, expiresAt: clock.now() + ttlMs };
      kept.set(key, entry);
      clock.after(ttlMs, () => {
        // The key may have been set again since. The newer value has its own time to live.
        if (kept.get(key) === entry) kept.delete(key);
      });
    },

    async get(key) {
      const entry = kept.get(key);
      return entry && clock.now() < entry.expiresAt ? entry.value : undefined;
    },
  };
}
