import type { Clock } from "../hub/clock.ts";
import type { Message, Publication } from "../hub/message.ts";

/** How long the newest version of a thing is remembered after it was seen, while nothing is wrong; milliseconds. */
const KEPT_MS = 60_000;

/** Things that are remembered at most; those not heard of for longest are forgotten. */
const KEPT = 50_000;

interface Known {
  readonly version: number;
  /** When it was seen, by the clock. */
  readonly at: number;
  /** The value, where this worker sent it. */
  readonly own: Publication | undefined;
  /** Connections that were given a newer value than this when they joined. */
  readonly given: Map<string, number>;
}

/**
 * Class `latest` on this worker: of each thing the newest version that its members have seen. Versions and not arrival
 * tell what is newer, whichever worker it came from.
 */
export class LatestValues {
  readonly #clock: Clock;
  /** By thing; the last heard of last. */
  readonly #known = new Map<string, Known>();
  #isForgetting = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A version for a value that no document has: later than all that this worker knows of the thing. No two workers give
   * the same.
   */
  nextVersion(value: Message): number {
    const known = this.#known.get(thingOf(value))?.version ?? 0;
    return Math.max(this.#clock.now(), Math.floor(known) + 1) + Math.random();
  }

  /**
   * Notes a value that has come. Gives the connections that must not be shown it, or `undefined` when nobody must: it is
   * no newer than what they have seen. `isOwn`: this worker sends it.
   */
  accept(delivery: Publication, isOwn: boolean): readonly string[] | undefined {
    const { message, version = 0 } = delivery;
    const thing = thingOf(message);
    const known = this.#known.get(thing);
    if (known && version <= known.version) return undefined;
    const given = new Map<string, number>();
    for (const [id, newer] of known?.given ?? []) if (newer >= version) given.set(id, newer);
    this.#note(thing, { version, at: this.#clock.now(), own: isOwn ? delivery : undefined, given });
    return [...given.keys()];
  }

  /** Whether a value that was read for a joined connection is not older than what the connection may have been sent. */
  isCurrent(value: Message, version: number, connectionId: string): boolean {
    const thing = thingOf(value);
    const known = this.#known.get(thing);
    if (known && version < known.version) return false;
    if (known?.version === version) return true;
    // What is on its way of this version, or an older one, comes too late for this connection.
    if (known) known.given.set(connectionId, version);
    else {
      const given = new Map([[connectionId, version]]);
      this.#note(thing, { version: 0, at: this.#clock.now(), own: undefined, given });
    }
    return true;
  }

  /** The newest values that this worker has sent and that nobody has followed with newer ones. */
  own(): Publication[] {
    return [...this.#known.values()].flatMap(({ own }) => own ?? []);
  }

  /** While workers cannot hear each other nothing is forgotten: it has to be compared, and sent again, when they can. */
  pauseEviction(): void {
    this.#isForgetting = false;
  }

  /** They hear each other again; what is known stays for a while longer. */
  resumeEviction(): void {
    if (this.#isForgetting) return;
    this.#isForgetting = true;
    const now = this.#clock.now();
    for (const [thing, known] of this.#known) this.#known.set(thing, { ...known, at: now });
  }

  #note(thing: string, known: Known): void {
    this.#known.delete(thing);
    this.#known.set(thing, known);
    const until = this.#isForgetting ? known.at - KEPT_MS : Number.NEGATIVE_INFINITY;
    for (const [oldest, { at }] of this.#known) {
      if (at > until && this.#known.size <= KEPT) break;
      this.#known.delete(oldest);
    }
  }
}

function thingOf({ namespace, type, key = "" }: Message): string {
  return `${namespace} ${type} ${key}`;
}
