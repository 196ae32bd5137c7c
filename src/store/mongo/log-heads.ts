import type { Clock } from "../../hub/clock.ts";

/** Milliseconds for which a newest offset is trusted. */
const KNOWN_MS = 5_000;

/** Rooms that are remembered: those last written to. */
const MAX_ROOMS = 10_000;

/** A cache of the newest offsets of the rooms that this worker writes to. Another worker may have appended since. */
export class Heads {
  readonly #clock: Clock;
  readonly #heads = new Map<string, { readonly offset: number; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the newest offset of a room, or `undefined` when none is cached or the cached one is too old. */
  get(room: string): number | undefined {
    const head = this.#heads.get(room);
    const age = head && this.#clock.now() - head.at;
    return age !== undefined && age >= 0 && age < KNOWN_MS ? head?.offset : undefined;
  }

  /** Caches the newest offset of a room as of the time `at`; epoch milliseconds. */
  set(room: string, offset: number, at: number): void {
    this.#heads.delete(room);
    this.#heads.set(room, { offset, at });
    const [oldest] = this.#heads.keys();
    if (this.#heads.size > MAX_ROOMS && oldest !== undefined) this.#heads.delete(oldest);
  }

  delete(room: string): void {
    this.#heads.delete(room);
  }
}
