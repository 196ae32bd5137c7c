import type { Clock } from "../../hub/clock.ts";

/** For how long a place that was the newest of its room is taken for it, in milliseconds. */
const KNOWN_MS = 5_000;

/** Those of so many rooms are remembered: those last written to. */
const MAX_ROOMS = 10_000;

/** The newest places of the rooms that this worker writes to, as far as it knows: another one may have written since. */
export class Heads {
  readonly #clock: Clock;
  readonly #heads = new Map<string, { readonly seq: number; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(room: string): number | undefined {
    const head = this.#heads.get(room);
    const age = head && this.#clock.now() - head.at;
    return age !== undefined && age >= 0 && age < KNOWN_MS ? head?.seq : undefined;
  }

  /** Notes the newest place of a room as it was at the time `at`, in milliseconds since the epoch. */
  set(room: string, seq: number, at: number): void {
    this.#heads.delete(room);
    this.#heads.set(room, { seq, at });
    const [eldest] = this.#heads.keys();
    if (this.#heads.size > MAX_ROOMS && eldest !== undefined) this.#heads.delete(eldest);
  }

  delete(room: string): void {
    this.#heads.delete(room);
  }
}
