import type { Clock } from "../hub/clock.ts";

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  #now: number;
  /** Sorted by due time; timers of the same instant in the order in which they were set. */
  readonly #timers: Timer[] = [];

  /** Starts at `start`; epoch milliseconds. */
  constructor(start = Date.UTC(2030, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(ms, 0), action };
    const later = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index !== -1) this.#timers.splice(index, 1);
    };
  }

  /**
   * Advances by `ms` milliseconds. Timers that fall due on the way run in order, each at its own instant; so do the
   * timers that they set.
   */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#timers[0]; next && next.at <= end; next = this.#timers[0]) {
      this.#timers.shift();
      this.#now = next.at;
      next.action();
    }
    this.#now = end;
  }

  /** Number of timers that are set. */
  get pending(): number {
    return this.#timers.length;
  }
}

/** Resolves when at least `timers` timers are set: periodic work sets its timer again once it is done. */
export async function idle(clock: ManualClock, timers: number): Promise<void> {
  while (clock.pending < timers) await new Promise(setImmediate);
}
