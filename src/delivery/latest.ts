import type { Clock } from "../hub/clock.ts";
import type { Message, Publication } from "../hub/message.ts";

/** How long the newest version of a value is remembered after it was seen, while nothing is wrong; milliseconds. */
const KEPT_MS = 60_000;

/** The most values that are remembered; the least recently seen are forgotten first. */
const KEPT = 50_000;

interface Known {
  readonly version: number;
  /** The time at which it was seen, in milliseconds since the epoch. */
  readonly at: number;
  /** The value, where this worker has sent it. */
  readonly own: Publication | undefined;
  /** Versions by connection id: newer values than this, which connections were sent when they joined. */
  readonly given: Map<string, number>;
}

/**
 * Class `latest` on this worker: the newest version of each value that the members here have seen. Versions and not
 * arrival order decide which value is newer, from whichever worker it came.
 */
export class LatestValues {
  readonly #clock: Clock;
  /** By namespace, type and key; the most recently seen last. */
  readonly #known = new Map<string, Known>();
  #isEvicting = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives a version to a value that no document has: greater than all that are known here, and given by no other worker. */
  nextVersion(value: Message): number {
    const known = this.#known.get(keyOf(value))?.version ?? 0;
    return Math.max(this.#clock.now(), Math.floor(known) + 1) + Math.random();
  }

  /**
   * Notes a value that arrives. Returns the ids of the connections that have a newer one, or `undefined` when the value is
   * not newer than the one that all have seen. `isOwn`: this worker has sent it.
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

  /** Whether a value that was read for a joined connection is not older than what the connection may have been sent. */
  isCurrent(value: Message, version: number, connectionId: string): boolean {
    const key = keyOf(value);
    const known = this.#known.get(key);
    if (known && version < known.version) return false;
    if (known?.version === version) return true;
    // A value of this version or an older one that is on its way is not to be delivered to this connection.
    if (known) known.given.set(connectionId, version);
    else {
      const given = new Map([[connectionId, version]]);
      this.#note(key, { version: 0, at: this.#clock.now(), own: undefined, given });
    }
    return true;
  }

  /** Returns the newest values that this worker has sent, where no other worker has sent a newer one. */
  own(): Publication[] {
    return [...this.#known.values()].flatMap(({ own }) => own ?? []);
  }

  /** Keeps every value while the other workers are lost: they are compared, and sent again, when they are found. */
  pauseEviction(): void {
    this.#isEvicting = false;
  }

  /** Forgets old values again, none of them at once. */
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
      if (at > until && this.#known.size <= KEPT) break;
      this.#known.delete(oldest);
    }
  }
}

function keyOf({ namespace, type, key = "" }: Message): string {
  return `${namespace} ${type} ${key}`;
}
