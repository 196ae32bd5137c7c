import { HubError } from "../hub/errors.ts";

/** Lets operations through until it is closed. */
export interface Gate {
  /** Throws `HubError("unavailable")` once the gate is closed. */
  check(): void;
  /** Runs an operation that `close` will wait for; rejects with `HubError("unavailable")` once the gate is closed. */
  run<R>(operation: () => Promise<R>): Promise<R>;
  /** Lets nothing more through and resolves when what is under way has ended. */
  close(): Promise<void>;
}

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
