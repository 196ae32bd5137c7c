import { HubError } from "../hub/errors.ts";

/** A guard that admits operations until it is closed. */
export interface Gate {
  /** Throws `HubError("unavailable")` once the gate is closed. */
  check(): void;
  /** Runs an operation, which `close` awaits. Rejects with `HubError("unavailable")` once the gate is closed. */
  run<R>(operation: () => Promise<R>): Promise<R>;
  /** Admits no more operations. Resolves when those under way have ended. */
  close(): Promise<void>;
}

/** Returns an open gate. */
export function gate(): Gate {
  const running = new Set<Promise<unknown>>();
  let open = true;
  const check = (): void => {
    if (!open) throw new HubError("unavailable");
  };
  return {
    check,
    async run(operation) {
      check();
      const one = operation();
      running.add(one);
      try {
        return await one;
      } finally {
        running.delete(one);
      }
    },
    async close() {
      open = false;
      await Promise.allSettled(running);
    },
  };
}
