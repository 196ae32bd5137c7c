import type { Clock } from "./clock.ts";

/**
 * Runs `action`, which must not reject, every `ms` milliseconds, never twice at once. The returned function ends it and
 * waits for a run under way.
 */
export function repeat(clock: Clock, ms: number, action: () => Promise<void>): () => Promise<void> {
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
