import type { Clock } from "../hub/clock.ts";
import type { Subscriber } from "../hub/delivering.ts";
import type { Message, Position } from "../hub/message.ts";
import type { LogEntry, RoomLog, RoomName } from "../store/log.ts";

/** How many messages are read from the log at a time. */
export const PAGE = 200;

/** Messages of two workers may overtake each other on their way; so long one that is early waits before its elders are read. */
const OVERTAKING_MS = 10;

/** The wait before the log is read again after it could not be. */
const RETRY_MS = 500;

/** The message at a place of the room's log, as the copy for this room. */
export interface PlacedPublication {
  readonly message: Message;
  readonly offset: number;
  /** Where it stands in all its rooms, in their order; empty where nobody here needs to know. */
  readonly positions: readonly Position[];
}

/** A member of the room on this worker. */
export interface Subscription {
  readonly member: Subscriber;
  /** It has, or is being given, what comes after this place; 0 where it has said that it has all before. */
  start: number;
}

export interface FeedOptions {
  readonly name: RoomName;
  readonly log: RoomLog;
  readonly clock: Clock;
  /** Shows a message to the followers. */
  readonly show: (placed: PlacedPublication) => void;
  /** Looks up the `positions` of a message that was read from the log. */
  readonly positionsOf: (entry: LogEntry) => Promise<readonly Position[]>;
  readonly onRepeat: () => void;
}

/**
 * The messages of class `log` of one room, as this worker's members see them: each once, in the order of its places,
 * without gaps, however they come. What is early is held, what is missing is read from the log.
 */
export class Feed {
  readonly name: RoomName;
  readonly subscriptions = new Map<string, Subscription>();
  /** Followers that are being given what they have missed, and take no part in what is shown meanwhile. */
  readonly catchingUp = new Set<string>();
  readonly #options: FeedOptions;
  readonly #held = new Map<number, PlacedPublication>();
  /** The place that is to be shown next; 0 until it is known. */
  #next = 0;
  /** The newest place that is known of. */
  #newest = 0;
  #opening: Promise<void> | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: FeedOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** The place of the last message that was shown, or would have been. To be asked once it is open. */
  get delivered(): number {
    return this.#next - 1;
  }

  /** Finds out where the room stands. To be called when the room is heard from other workers, so that nothing is missed. */
  async open(): Promise<void> {
    this.#opening ??= this.#open();
    await this.#opening;
  }

  /** Takes a message as it comes. */
  receive(placed: PlacedPublication): void {
    const { offset } = placed;
    if (this.#next === 0) this.#held.set(offset, placed);
    else if (offset < this.#next) this.#options.onRepeat();
    else if (offset === this.#next) {
      this.#show(placed);
      this.#showHeld();
    } else {
      this.#held.set(offset, placed);
      void this.reach(offset, OVERTAKING_MS);
    }
  }

  /** Shows everything up to `newest`, reading what has not come; resolves when it is done, or nobody follows any more. */
  reach(newest: number, waitMs = 0): Promise<void> {
    this.#newest = Math.max(this.#newest, newest);
    if (this.#next > this.#newest) return Promise.resolve();
    this.#reading ??= this.#read(waitMs).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #open(): Promise<void> {
    try {
      const [newest = 0] = await this.#options.log.newest([this.name]);
      this.#next = newest + 1;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
    for (const seq of this.#held.keys()) if (seq < this.#next) this.#held.delete(seq);
    this.#showHeld();
    if (this.#held.size > 0) void this.reach(Math.max(...this.#held.keys()));
  }

  async #read(waitMs: number): Promise<void> {
    if (waitMs > 0) await this.#pause(waitMs);
    while (this.#next <= this.#newest && this.subscriptions.size > 0) {
      const missing = await this.#missing().catch(() => []);
      for (const placed of missing) this.#take(placed);
      this.#showHeld();
      if (missing.length === 0 && this.#next <= this.#newest) await this.#pause(RETRY_MS);
    }
  }

  async #missing(): Promise<PlacedPublication[]> {
    const { log, positionsOf } = this.#options;
    const entries = await log.read(this.name, this.#next - 1, PAGE);
    const placed = entries.map(async (entry) => ({
      message: copyFor(entry.message, this.name.room, entry.offset),
      offset: entry.offset,
      positions: await positionsOf(entry),
    }));
    return Promise.all(placed);
  }

  #take(placed: PlacedPublication): void {
    if (placed.offset < this.#next) return;
    // Removed from the log before anybody here has seen it: who follows comes back and is told so.
    if (placed.offset > this.#next) for (const { member } of this.subscriptions.values()) member.disconnect();
    this.#show(placed);
  }

  #show(placed: PlacedPublication): void {
    this.#held.delete(placed.offset);
    this.#next = placed.offset + 1;
    this.#options.show(placed);
  }

  #showHeld(): void {
    if (this.#held.size === 0) return;
    for (let placed = this.#held.get(this.#next); placed; placed = this.#held.get(this.#next)) this.#show(placed);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(ms, resolve);
    });
  }
}

/** The copy of a message that goes to the members of one of its rooms: its payload says its place there. */
export function copyFor(message: Message, room: string, offset: number): Message {
  return { ...message, rooms: [room], payload: { ...message.payload, seq: offset } };
}
