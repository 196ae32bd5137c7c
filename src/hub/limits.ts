import type { Clock } from "./clock.ts";

/**
 * Where limits and counts are kept. The local keeper serves one worker; a shared one makes the same promises for all.
 */
export interface Limits {
  /** Takes one of `max` places under `key`: a function that gives the place back, or `undefined` when all are taken. */
  take(key: string, max: number): Promise<(() => void) | undefined>;
  /** Records an attempt under `key`; false when `max` attempts already lie within the sliding window. */
  attempt(key: string, max: number, windowMs: number): Promise<boolean>;
  /** Counts one more under `name`; the returned function counts it off again, once. */
  count(name: string): () => void;
  /** How many are counted under `name`, all workers together. */
  counted(name: string): Promise<number>;
}

/** Limits and counts of one process, in memory. */
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

  /** Windows of clients that are gone must not stay: each is looked at again when its last attempt has slid out. */
  function forgetIfOld(key: string, windowMs: number): void {
    const last = windows.get(key)?.at(-1);
    const rest = last === undefined ? 0 : last + windowMs - clock.now();
    if (rest > 0) clock.after(rest, () => forgetIfOld(key, windowMs));
    else windows.delete(key);
  }
}
