/** A source of time. All code that waits or stamps takes a clock, so that a test can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `action` once after `ms` milliseconds; the returned function cancels it. Never keeps the process alive. */
  after(ms: number, action: () => void): () => void;
}

/** The longest delay that a Node timer takes: 2^31 - 1 milliseconds. A longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: Date.now,
  after(ms, action) {
    const timer = setTimeout(action, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Returns the time in ISO 8601, UTC, with milliseconds and a `Z`: the form of every `timestamp` on the wire. */
export function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}

/**
 * Runs `action` every `ms` milliseconds, never twice at once. `action` must not reject. The returned function ends the
 * repetition and waits for a run under way.
 */
export function every(clock: Clock, ms: number, action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let stopped = false;
  let cancel = clock.after(ms, run);

  function run(): void {
    running = action().then(() => {
      if (!stopped) cancel = clock.after(ms, run);
    });
  }

  return async () => {
    stopped = true;
    cancel();
    await running;
  };
}
