import type { Clock } from "../hub/clock.ts";
import type { Redis } from "./redis.ts";

const CHANNEL = "junction:back";

/** How long a value that was sent is remembered, to be sent again to workers that come back; milliseconds. */
const KEPT_MS = 30_000;

/** Values that are remembered at most; the oldest are forgotten. */
const KEPT = 50_000;

/** When a value was sent, in milliseconds, and by which worker. No two of one worker are the same. */
export interface Stamp {
  readonly at: number;
  readonly by: string;
}

interface Known {
  readonly stamp: Stamp;
  /** Sends it again; absent where another worker sent it. */
  readonly again: (() => void) | undefined;
}

/**
 * Sees to it that the members of a room end on the newest value of a thing on every worker, though Redis was lost: each
 * worker remembers the newest values that it has sent, and sends them again when it or another comes back. Who has seen a
 * value, or a newer one, does not show it again.
 */
export class LatestValues {
  readonly #redis: Redis;
  readonly #clock: Clock;
  /** By thing; the newest last. */
  readonly #known = new Map<string, Known>();
  #last = 0;
  #liveSince = Number.POSITIVE_INFINITY;
  #wasLost = false;

  /** `clock` is real time. */
  constructor(redis: Redis, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
    redis.subscribe("common", CHANNEL, (from) => {
      if (from.toString() !== redis.id) this.#sendAgain();
    });
    redis.on("state", (state) => {
      this.#liveSince = state === "live" ? clock.now() : Number.POSITIVE_INFINITY;
      if (state === "lost") this.#wasLost = true;
      else if (this.#wasLost) {
        redis.publish("common", CHANNEL, redis.id);
        this.#sendAgain();
      }
    });
  }

  /** Notes that this worker sends a value of `thing`; `again` is to send the same with the same stamp. */
  sent(thing: string, again: (stamp: Stamp) => void): Stamp {
    this.#last = Math.max(this.#clock.now(), this.#last + 0.001);
    const stamp = { at: this.#last, by: this.#redis.id };
    this.#note(thing, { stamp, again: () => again(stamp) });
    return stamp;
  }

  /** Notes a value that another worker has sent; false where it is not to be shown. */
  heard(thing: string, stamp: Stamp, isAgain: boolean): boolean {
    const known = this.#known.get(thing)?.stamp;
    if (known && known.at === stamp.at && known.by === stamp.by) return false;
    if (known && isAgain && isOlder(stamp, known)) return false;
    this.#note(thing, { stamp, again: undefined });
    return true;
  }

  #note(thing: string, known: Known): void {
    this.#known.delete(thing);
    this.#known.set(thing, known);
    // While Redis is lost, and until all have come back, everything counts.
    const now = this.#clock.now();
    const until = this.#liveSince < now - KEPT_MS ? now - KEPT_MS : 0;
    for (const [oldest, { stamp }] of this.#known) {
      if (stamp.at > until && this.#known.size <= KEPT) break;
      this.#known.delete(oldest);
    }
  }

  #sendAgain(): void {
    for (const { again } of this.#known.values()) again?.();
  }
}

function isOlder(one: Stamp, other: Stamp): boolean {
  return one.at < other.at || (one.at === other.at && one.by < other.by);
}
