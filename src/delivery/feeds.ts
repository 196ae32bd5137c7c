import type { Clock } from "../hub/clock.ts";
import type { Joining, Resumed, Subscriber } from "../hub/delivering.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Fanout, Position, Publication } from "../hub/message.ts";
import type { LogEntry, RoomLog } from "../store/log.ts";
import type { FaultPoint } from "./faults.ts";
import { copyFor, Feed, type FeedEntry, type Subscription } from "./feed.ts";

/** The number of messages that one read of the log returns at most. */
const PAGE = 200;

/**
 * Messages from two workers can arrive out of order. The wait of an early one until the missing ones are read;
 * milliseconds.
 */
const OVERTAKING_MS = 10;

/** The interval between a failed read of the log and the next; milliseconds. */
const RETRY_MS = 500;

export interface FeedsOptions {
  readonly log: RoomLog;
  /** Real time. */
  readonly clock: Clock;
  readonly events: HubEvents;
  readonly fanout: Fanout;
  readonly faultPoint: FaultPoint;
}

/** Class `log` on this worker: a feed for each room with subscribers, and the replay for clients that resume. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<string, Feed>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  /** Receives the copy of a message for one room, from any worker. */
  receive({ message, offset = 0, positions = [] }: Publication): void {
    const feed = this.#feedOf(message.namespace, message.rooms[0]);
    if (!feed) return;
    if (offset <= feed.delivered) this.#options.events.emit("dropped", { delivery: "log", reason: "repeat" });
    this.#deliver(feed, feed.receive({ message, offset, positions }));
    if (feed.isBehind) void this.#catchUp(feed, OVERTAKING_MS);
  }

  /** Reads the missing messages of every room that was written to since a time (milliseconds since the epoch). */
  async catchUp(time: number): Promise<void> {
    for (const { namespace, room, newest } of await this.#options.log.writtenSince(time)) {
      const feed = this.#feedOf(namespace, room);
      feed?.expect(newest);
      if (feed) void this.#catchUp(feed);
    }
  }

  /**
   * Subscribes a client to a room: confirms it, sends it the messages that it has missed, and includes it in the
   * delivery of new ones from exactly there on. Rejects with the error of `confirm`, or when the room's log cannot be
   * read. After a rejection the client is no subscriber.
   */
  async subscribe(subscriber: Subscriber, room: string, { since, confirm }: Joining): Promise<void> {
    const feed = this.#openFeedOf(subscriber.namespace, room);
    // A second join without `since` changes nothing, so that no message is missed meanwhile.
    if (since === undefined && feed.subscriptions.has(subscriber.id)) return confirm?.({});
    const subscription: Subscription = { subscriber, start: Number.POSITIVE_INFINITY };
    feed.subscriptions.set(subscriber.id, subscription);
    feed.catchingUp.add(subscriber.id);
    try {
      // Now all messages of other workers arrive: none is lost between the newest offset and the first arrival.
      await subscriber.enter(room);
      await this.#open(feed);
      const begin = since === undefined ? { offset: feed.delivered, resumed: {} } : await this.#resume(feed, since);
      subscription.start = "recovered" in begin.resumed && begin.resumed.recovered ? 0 : begin.offset;
      if (isActive(feed, subscription)) await confirm?.(begin.resumed);
      await this.#replay(feed, subscription, begin.offset);
    } catch (error) {
      this.unsubscribe(subscriber, room);
      throw error;
    } finally {
      feed.catchingUp.delete(subscriber.id);
    }
  }

  unsubscribe(subscriber: Subscriber, room: string): void {
    const key = keyOf(subscriber.namespace, room);
    const feed = this.#feeds.get(key);
    feed?.subscriptions.delete(subscriber.id);
    if (feed?.subscriptions.size === 0) this.#feeds.delete(key);
  }

  /**
   * Returns the offset after which a client with all messages up to `since` continues, and the answer to the client.
   */
  async #resume(feed: Feed, since: number): Promise<{ offset: number; resumed: Resumed }> {
    const { log, events } = this.#options;
    // The client may have got messages from another worker that have not arrived here yet.
    const [newest = 0] = await log.newest([feed.name]);
    feed.expect(newest);
    await this.#catchUp(feed);
    const oldest = since < feed.delivered ? (await log.read(feed.name, since, 1))[0]?.offset : undefined;
    const recovered = since === feed.delivered || oldest === since + 1;
    events.emit("resumed", { namespace: feed.name.namespace, recovered });
    const seq = feed.delivered;
    return { offset: recovered ? since : seq, resumed: { recovered, seq } };
  }

  /**
   * Sends a subscriber the messages after `from` that were delivered to others. When there are no more of them, it
   * includes the subscriber in the delivery of new ones. Both happen in one turn, and a message that is yet to be
   * delivered is not sent, so no message is lost or doubled in between.
   */
  async #replay(feed: Feed, subscription: Subscription, from: number): Promise<void> {
    const { subscriber } = subscription;
    let at = from;
    while (at < feed.delivered) {
      const page = await this.#options.log.read(feed.name, at, PAGE);
      // Trimmed from the log during the replay: the client reconnects and gets `recovered: false`.
      if (page[0]?.offset !== at + 1) return subscriber.disconnect();
      for (const entry of page) {
        const isRepeat = await this.#isDeliveredElsewhere(subscriber, feed, entry);
        if (!isActive(feed, subscription)) return;
        // The log is ahead of the feed.
        if (entry.offset > feed.delivered) break;
        at = entry.offset;
        const { type, payload } = copyFor(entry.message, feed.name.room, entry.offset);
        if (!isRepeat) subscriber.deliver(type, payload);
        this.#options.faultPoint("replaying");
      }
    }
    feed.catchingUp.delete(subscriber.id);
  }

  /** Returns true if a message to several rooms has reached a client by its subscription to another one. */
  async #isDeliveredElsewhere(subscriber: Subscriber, feed: Feed, { id, message }: LogEntry): Promise<boolean> {
    if (message.rooms.length === 1) return false;
    const others = message.rooms.filter((room) => room !== feed.name.room);
    const shared = others.filter((room) => this.#feedOf(subscriber.namespace, room)?.subscriptions.has(subscriber.id));
    if (shared.length === 0) return false;
    const rooms = shared.map((room) => ({ namespace: subscriber.namespace, room }));
    for (const { room, offset } of await this.#options.log.positions(id, rooms)) {
      const other = this.#feedOf(subscriber.namespace, room);
      const start = other?.subscriptions.get(subscriber.id)?.start;
      if (other && start !== undefined && start < offset && offset <= other.delivered) return true;
    }
    return false;
  }

  /**
   * Delivers messages to the room's subscribers, except those that catch up and those that get them by an earlier room.
   */
  #deliver(feed: Feed, due: readonly FeedEntry[]): void {
    for (const { message, offset, positions } of due) {
      const except = [...feed.catchingUp];
      for (const earlier of positions) {
        if (earlier.room === feed.name.room) break;
        const other = this.#feedOf(feed.name.namespace, earlier.room);
        if (other) except.push(...both(feed, other, earlier, offset));
      }
      this.#options.fanout.deliver(message, except);
    }
  }

  /**
   * Opens the feed at the room's newest offset, once. Rejects when the log cannot be read; the next call tries again.
   */
  #open(feed: Feed): Promise<void> {
    feed.opening ??= this.#begin(feed).catch((error: unknown) => {
      feed.opening = undefined;
      throw error;
    });
    return feed.opening;
  }

  async #begin(feed: Feed): Promise<void> {
    const [newest = 0] = await this.#options.log.newest([feed.name]);
    this.#deliver(feed, feed.open(newest));
    if (feed.isBehind) void this.#catchUp(feed);
  }

  /**
   * Reads missing messages and delivers up to the newest known offset. Resolves then, or when there is no subscriber
   * left.
   */
  #catchUp(feed: Feed, waitMs = 0): Promise<void> {
    if (!feed.isBehind) return Promise.resolve();
    feed.reading ??= this.#read(feed, waitMs).finally(() => {
      feed.reading = undefined;
    });
    return feed.reading;
  }

  async #read(feed: Feed, waitMs: number): Promise<void> {
    if (waitMs > 0) await this.#pause(waitMs);
    while (feed.isBehind && feed.subscriptions.size > 0) {
      const page = await this.#missing(feed).catch(() => []);
      for (const entry of page) {
        // Trimmed from the log before it was delivered here: the clients reconnect and get `recovered: false`.
        if (entry.offset > feed.delivered + 1)
          for (const { subscriber } of feed.subscriptions.values()) subscriber.disconnect();
        this.#deliver(feed, feed.advance(entry));
      }
      if (page.length === 0 && feed.isBehind) await this.#pause(RETRY_MS);
    }
  }

  /** Reads a page of the messages after the last delivered one. */
  async #missing({ name, delivered }: Feed): Promise<FeedEntry[]> {
    const entries = await this.#options.log.read(name, delivered, PAGE);
    const copies = entries.map(async (entry) => ({
      message: copyFor(entry.message, name.room, entry.offset),
      offset: entry.offset,
      positions: await this.#positionsOf(name.namespace, name.room, entry),
    }));
    return Promise.all(copies);
  }

  /** Looks up the positions of a message from the log, if another of its rooms has a feed here. */
  async #positionsOf(namespace: string, room: string, { id, message }: LogEntry): Promise<readonly Position[]> {
    if (!message.rooms.some((other) => other !== room && this.#feedOf(namespace, other))) return [];
    const rooms = message.rooms.map((one) => ({ namespace, room: one }));
    const positions = await this.#options.log.positions(id, rooms);
    return message.rooms.flatMap((one) => positions.find((position) => position.room === one) ?? []);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(ms, resolve);
    });
  }

  #feedOf(namespace: string, room: string | undefined): Feed | undefined {
    return this.#feeds.get(keyOf(namespace, room));
  }

  #openFeedOf(namespace: string, room: string): Feed {
    const known = this.#feedOf(namespace, room);
    if (known) return known;
    const feed = new Feed({ namespace, room });
    this.#feeds.set(keyOf(namespace, room), feed);
    return feed;
  }
}

/** Returns true if the subscription is the client's current one, and the client is connected. */
function isActive(feed: Feed, subscription: Subscription): boolean {
  return subscription.subscriber.isOpen && feed.subscriptions.get(subscription.subscriber.id) === subscription;
}

/**
 * Returns the ids of the subscribers to both rooms that have, or are to get, the message by the earlier of its rooms.
 */
function both(feed: Feed, other: Feed, earlier: Position, offset: number): string[] {
  const [few, many] = feed.subscriptions.size < other.subscriptions.size ? [feed, other] : [other, feed];
  const ids: string[] = [];
  for (const id of few.subscriptions.keys()) {
    const start = many.subscriptions.has(id) ? other.subscriptions.get(id)?.start : undefined;
    if (start !== undefined && start < earlier.offset && (feed.subscriptions.get(id)?.start ?? 0) < offset)
      ids.push(id);
  }
  return ids;
}

function keyOf(namespace: string, room = ""): string {
  return `${namespace} ${room}`;
}
