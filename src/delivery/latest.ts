import type { Clock } from "../hub/clock.ts";
import type { Message, Publication } from "../hub/message.ts";

/** How long the newest version of a value is kept after it was seen, unless eviction is paused; milliseconds. */
const KEPT_MS = 60_000;

/** The number of values that are kept. The least recently seen are evicted first. */
const MAX_KEPT = 50_000;

interface Known {
  readonly version: number;
  /** The time at which it was seen; epoch milliseconds. */
  readonly at: number;
  /** The value, if this worker has sent it. */
  readonly own: Publication | undefined;
  /** By connection id, the versions of newer values, which connections were sent when they joined. */
  readonly given: Map<string, number>;
}

/**
 * Class `latest` on this worker: the newest version of each value that the members here have. Versions, not the order
 * of arrival, decide which value is newer, from whichever worker it came.
 */
export class LatestValues {
  readonly #clock: Clock;
  /** By namespace, type and key; the most recently seen last. */
  readonly #known = new Map<string, Known>();
  #isEvicting = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes a version for a value that no document has: greater than all known here, and made by no other worker. */
  nextVersion(value: Message): number {
    const known = this.#known.get(keyOf(value))?.version ?? 0;
    return Math.max(this.#clock.now(), Math.floor(known) + 1) + Math.random();
  }

  /**
   * Stores the version of a value that arrives. Returns the ids of the connections that have a newer one, or
   * `undefined` if the value is not newer than the one that all have. `isOwn`: this worker has sent it.
   */
  accept(publication: Publication, isOwn: boolean): readonly string[] | undefined {
    const { message, version = 0 } = publication;
    const key = keyOf(message);
    const known = this.#known.get(key);
    if (known && version <= known.version) return undefined;
    const given = new Map<string, number>();
    for (const [id, newer] of known?.given ?? []) if (newer >= version) given.set(id, newer);
    this.#note(key, { version, at: this.#clock.now(), own: isOwn ? publication : undefined, given });
    return [...given.keys()];
  }

  /**
   * Returns true unless the connection may have been sent a newer version than this, which was read for it after its
   * join.
   */
  isCurrent(value: Message, version: number, connectionId: string): boolean {
    const key = keyOf(value);
    const known = this.#known.get(key);
    if (known && version < known.version) return false;
    if (known?.version === version) return true;
    // This version, or an older one, may still arrive: it is not to be delivered to this connection.
    if (known) known.given.set(connectionId, version);
    else {
      const given = new Map([[connectionId, version]]);
      this.#note(key, { version: 0, at: this.#clock.now(), own: undefined, given });
    }
    return true;
  }

  /** Returns the newest values, of those that this worker and no other has sent. */
  own(): Publication[] {
    return [...this.#known.values()].flatMap(({ own }) => own ?? []);
  }

  /** Keeps every value while the other workers are lost. After the reconnect they are compared and sent again. */
  pauseEviction(): void {
    this.#isEvicting = false;
  }

  /** Evicts old values again. The time of each restarts, so that none is evicted at once. */
  resumeEviction(): void {
    if (this.#isEvicting) return;
    this.#isEvicting = true;
    const now = this.#clock.now();
    for (const [key, known] of this.#known) this.#known.set(key, { ...known, at: now });
  }

  #note(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    const until = this.#isEvicting ? known.at - KEPT_MS : Number.NEGATIVE_INFINITY;
    for (const [oldest, { at }] of this.#known) {
      if (at > until && this.#known.size <= MAX_KEPT) break;
      this.#known.delete(oldest);
    }
  }
}

function keyOf({ namespace, type, key = "" }: Message): string {
  return `${namespace} ${type} ${key}`;
}
