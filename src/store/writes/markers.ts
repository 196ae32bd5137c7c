import { IDEMPOTENCY_MS } from "../../hub/commands.ts";

/** A marker in a record. */
interface PlacedMarker {
  /** The time of the write; epoch milliseconds. */
  readonly at: number;
  /** Lets the marker leave its record. */
  readonly drop: () => void;
}

/** The markers that this worker has written to records. Each stays until it is forgotten or older than `IDEMPOTENCY_MS`. */
export class Markers {
  /** By id; oldest first. */
  readonly #placed = new Map<string, PlacedMarker>();

  /** Notes that a marker was written to a record at the time `at`; epoch milliseconds. `drop` lets it leave the record. */
  place(id: string, at: number, drop: () => void): void {
    for (const [oldest, placed] of this.#placed) {
      if (placed.at > at - IDEMPOTENCY_MS) break;
      this.#placed.delete(oldest);
    }
    this.#placed.set(id, { at, drop });
  }

  /** Lets markers leave their records. Ignores ids that this worker has not placed. */
  forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.#placed.get(id)?.drop();
      this.#placed.delete(id);
    }
  }
}
