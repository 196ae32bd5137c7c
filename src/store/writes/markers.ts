import { REPEATABLE_MS } from "../../hub/commands.ts";

interface Placed {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly drop: () => void;
}

/** The markers that this worker has put in records, by their ids, until they are forgotten or too old to matter. */
export class Markers {
  /** The oldest first. */
  readonly #placed = new Map<string, Placed>();

  /** A marker is in a record; `drop` lets it leave. */
  place(id: string, at: number, drop: () => void): void {
    for (const [oldest, placed] of this.#placed) {
      if (placed.at > at - REPEATABLE_MS) break;
      this.#placed.delete(oldest);
    }
    this.#placed.set(id, { at, drop });
  }

  /** Lets those that this worker has placed leave their records. */
  forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.#placed.get(id)?.drop();
      this.#placed.delete(id);
    }
  }
}
