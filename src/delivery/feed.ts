import type { Subscriber } from "../hub/delivering.ts";
import type { Message, Position } from "../hub/message.ts";
import type { RoomName } from "../store/log.ts";

/** A message at an offset of the room's log, as the copy for this room. */
export interface FeedEntry {
  readonly message: Message;
  readonly offset: number;
  /** Its positions in all its rooms, in their order. Empty if no feed of this worker needs them. */
  readonly positions: readonly Position[];
}

/** A subscriber in one room, and the offset after which it gets the publications. */
export interface Subscription {
  readonly subscriber: Subscriber;
  /** The subscriber has, or is being sent, the messages after this offset. 0 if it has all messages before it, too. */
  start: number;
}

/**
 * The log of one room for the subscribers on this worker: each message once, by ascending offsets, without gaps, in
 * whatever order they arrive. It keeps early messages and returns those that are due. `Feeds` delivers these and reads
 * the missing ones from the log.
 */
export class Feed {
  readonly name: RoomName;
  readonly subscriptions = new Map<string, Subscription>();
  /**
   * The ids of subscribers that are being sent missed messages. They are excluded from the delivery of new ones
   * meanwhile.
   */
  readonly catchingUp = new Set<string>();
  /** The search for the room's newest offset, as `Feeds` runs it. */
  opening: Promise<void> | undefined;
  /** The reading of missing messages, as `Feeds` runs it. */
  reading: Promise<void> | undefined;
  readonly #held = new Map<number, FeedEntry>();
  /** The offset that is due next; 0 until it is known. */
  #next = 0;
  /** The newest known offset. */
  #newest = 0;

  constructor(name: RoomName) {
    this.name = name;
  }

  /** The offset of the last message that was due; -1 until the feed is open. */
  get delivered(): number {
    return this.#next - 1;
  }

  /** True if the log has a message that was not due yet. False until the feed is open. */
  get isBehind(): boolean {
    return this.#next > 0 && this.#next <= this.#newest;
  }

  /**
   * Opens the feed after the room's newest offset; 0 for an empty room. Returns the messages that arrived before and
   * are due.
   */
  open(newest: number): readonly FeedEntry[] {
    this.#next = newest + 1;
    for (const offset of this.#held.keys()) if (offset < this.#next) this.#held.delete(offset);
    const first = this.#held.get(this.#next);
    return first ? this.advance(first) : [];
  }

  /** Raises the newest known offset of the room's log. */
  expect(newest: number): void {
    this.#newest = Math.max(this.#newest, newest);
  }

  /** Takes a message as it arrives. Returns the messages that are due now, in order. Ignores a duplicate. */
  receive(entry: FeedEntry): readonly FeedEntry[] {
    this.expect(entry.offset);
    if (this.#next > 0 && entry.offset <= this.#next) return this.advance(entry);
    this.#held.set(entry.offset, entry);
    return [];
  }

  /**
   * Moves on to a message of the log, across a gap before it if there is one. Returns it and the early ones that
   * follow. Returns an empty list for a message that was due before.
   */
  advance(entry: FeedEntry): readonly FeedEntry[] {
    const due: FeedEntry[] = [];
    let next = entry.offset < this.#next ? undefined : entry;
    for (; next; next = this.#held.get(this.#next)) {
      this.#held.delete(next.offset);
      this.#next = next.offset + 1;
      due.push(next);
    }
    return due;
  }
}

/** Makes the copy of a message for one of its rooms. Its payload has the offset there as `seq`. */
export function copyFor(message: Message, room: string, offset: number): Message {
  return { ...message, rooms: [room], payload: { ...message.payload, seq: offset } };
}
