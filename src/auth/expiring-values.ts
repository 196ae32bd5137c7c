import type { Clock } from "../hub/clock.ts";

/** Where short-lived values are kept: each is forgotten by itself when its time is over. */
export interface ExpiringValues {
  /** Keeps `value` under `key` for `ttlMs` milliseconds. Rejects with `HubError("unavailable")` when it cannot be kept. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** The value that is still kept under `key`. Rejects with `HubError("unavailable")` when that cannot be known. */
  get(key: string): Promise<string | undefined>;
}

/** Values of one process, in memory: they end with it. */
export function localExpiringValues(clock: Clock): ExpiringValues {
  const kept = new Map<string, { readonly value: string; readonly expiresAt: number }>();

  return {
    async set(key, value, ttlMs) {
      const entry = { value, expiresAt: clock.now() + ttlMs };
      kept.set(key, entry);
      clock.after(ttlMs, () => {
        // The key may have been set again since; that value has a time of its own.
        if (kept.get(key) === entry) kept.delete(key);
      });
    },

    async get(key) {
      const entry = kept.get(key);
      return entry && clock.now() < entry.expiresAt ? entry.value : undefined;
    },
  };
}
