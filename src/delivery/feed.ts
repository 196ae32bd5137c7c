import type { Subscriber } from "../hub/delivering.ts";
import type { Message, Position } from "../hub/message.ts";
import type { RoomName } from "../store/log.ts";

/** The message at an offset of the room's log, as the copy for this room. */
export interface PlacedPublication {
  readonly message: Message;
  readonly offset: number;
  /** Its positions in all its rooms, in their order; empty where no feed of this worker needs them. */
  readonly positions: readonly Position[];
}

/** A member of the room on this worker. */
export interface Subscription {
  readonly member: Subscriber;
  /** The member has, or is being sent, the messages after this offset; 0 where it has said that it has all before. */
  start: number;
}

/**
 * The order of the messages of class `log` in one room, as the members on this worker see them: each once, by ascending
 * offsets, without gaps, in whatever order they arrive. It keeps early messages and returns those that are due; `Feeds`
 * delivers them and reads the missing ones from the log.
 */
export class Feed {
  readonly name: RoomName;
  readonly subscriptions = new Map<string, Subscription>();
  /** Ids of subscribers that are being sent missed messages, and are excluded from the delivery of new ones meanwhile. */
  readonly catchingUp = new Set<string>();
  /** The search for the room's newest offset, as `Feeds` runs it. */
  opening: Promise<void> | undefined;
  /** The reading of missing messages, as `Feeds` runs it. */
  reading: Promise<void> | undefined;
  readonly #held = new Map<number, PlacedPublication>();
  /** The offset that is due next; 0 until it is known. */
  #next = 0;
  /** The newest offset that is known of. */
  #newest = 0;

  constructor(name: RoomName) {
    this.name = name;
  }

  /** The offset of the last message that was due; -1 until the feed is open. */
  get delivered(): number {
    return this.#next - 1;
  }

  /** Whether a message is known of that has not been due yet. False until the feed is open. */
  get isBehind(): boolean {
    return this.#next > 0 && this.#next <= this.#newest;
  }

  /** Begins after the room's newest offset, 0 for an empty room. Returns the messages that arrived meanwhile and are due. */
  open(newest: number): readonly PlacedPublication[] {
    this.#next = newest + 1;
    for (const offset of this.#held.keys()) if (offset < this.#next) this.#held.delete(offset);
    const first = this.#held.get(this.#next);
    return first ? this.advance(first) : [];
  }

  /** Notes that the room's log reaches this far. */
  expect(newest: number): void {
    this.#newest = Math.max(this.#newest, newest);
  }

  /** Takes a message as it arrives. Returns the messages that are due now, in order. Ignores a repeated one. */
  receive(placed: PlacedPublication): readonly PlacedPublication[] {
    this.expect(placed.offset);
    if (this.#next > 0 && placed.offset <= this.#next) return this.advance(placed);
    this.#held.set(placed.offset, placed);
    return [];
  }

  /**
   * Goes on to a message of the log, over a gap before it if there is one. Returns it and the early ones that follow it.
   * Returns nothing for a message that was due before.
   */
  advance(placed: PlacedPublication): readonly PlacedPublication[] {
    const due: PlacedPublication[] = [];
    let next = placed.offset < this.#next ? undefined : placed;
    for (; next; next = this.#held.get(this.#next)) {
      this.#held.delete(next.offset);
      this.#next = next.offset + 1;
      due.push(next);
    }
    return due;
  }
}

/** Makes the copy of a message for the members of one of its rooms: its payload has the offset there as `seq`. */
export function copyFor(message: Message, room: string, offset: number): Message {
  return { ...message, rooms: [room], payload: { ...message.payload, seq: offset } };
}
