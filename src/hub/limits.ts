import type { Clock } from "./clock.ts";

/** The limits and counts of one worker, or of all workers together; the promises are the same. */
export interface Limits {
  /**
   * Takes one of `max` places under `key`. Resolves to a function that releases it, or `undefined` when all are taken.
   */
  take(key: string, max: number): Promise<(() => void) | undefined>;
  /** Records an attempt under `key`. Resolves to false when the sliding window already has `max` attempts. */
  attempt(key: string, max: number, windowMs: number): Promise<boolean>;
  /** Adds one to the count of `name`. The returned function subtracts it again, once. */
  count(name: string): () => void;
  /** Resolves to the count of `name`, over all workers. */
  counted(name: string): Promise<number>;
}

/** Makes the limits and counts of one process, in memory. */
export function localLimits(clock: Clock): Limits {
  const held = new Map<string, number>();
  const windows = new Map<string, number[]>();

  const add = (key: string): (() => void) => {
    held.set(key, (held.get(key) ?? 0) + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const left = (held.get(key) ?? 1) - 1;
      if (left > 0) held.set(key, left);
      else held.delete(key);
    };
  };

  return {
    async take(key, max) {
      return (held.get(`take:${key}`) ?? 0) < max ? add(`take:${key}`) : undefined;
    },
    async attempt(key, max, windowMs) {
      const now = clock.now();
      const recent = (windows.get(key) ?? []).filter((at) => at > now - windowMs);
      const allowed = recent.length < max;
      if (allowed) recent.push(now);
      if (!windows.has(key)) clock.after(windowMs, () => forgetIfOld(key, windowMs));
      windows.set(key, recent);
      return allowed;
    },
    count: (name) => add(`count:${name}`),
    counted: async (name) => held.get(`count:${name}`) ?? 0,
  };

  /**
   * Deletes a window once its last attempt has left it; else checks again then. Windows of former clients must not pile
   * up.
   */
  function forgetIfOld(key: string, windowMs: number): void {
    const last = windows.get(key)?.at(-1);
    const rest = last === undefined ? 0 : last + windowMs - clock.now();
    if (rest > 0) clock.after(rest, () => forgetIfOld(key, windowMs));
    else windows.delete(key);
  }
}
