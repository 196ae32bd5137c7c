import type { Clock } from "../hub/clock.ts";
import type { Joining, Resumed, Subscriber } from "../hub/delivering.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Fanout, Position, Publication } from "../hub/message.ts";
import type { LogEntry, RoomLog } from "../store/log.ts";
import type { FaultPoint } from "./faults.ts";
import { copyFor, Feed, type PlacedPublication, type Subscription } from "./feed.ts";

/** How many messages are read from the log at a time. */
const PAGE = 200;

/** The wait of an early message for those before it, which may be on their way, until they are read; milliseconds. */
const OVERTAKING_MS = 10;

/** The wait after a failed read of the log until the next one; milliseconds. */
const RETRY_MS = 500;

export interface FeedsOptions {
  readonly log: RoomLog;
  /** Real time. */
  readonly clock: Clock;
  readonly events: HubEvents;
  readonly fanout: Fanout;
  readonly faultPoint: FaultPoint;
}

/** Class `log` on this worker: a feed for each room with subscribers, and the replay for clients that come back. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<string, Feed>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  /** Takes the copy of a message for one room, from any worker. */
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
   * Subscribes a client to a room: confirms it, sends it the messages that it has missed, and includes it in the delivery
   * of new ones from exactly there on. Rejects, the client being no subscriber then, with the error of `confirm`, or when
   * the room's log cannot be read.
   */
  async subscribe(member: Subscriber, room: string, { since, confirm }: Joining): Promise<void> {
    const feed = this.#openFeedOf(member.namespace, room);
    // A subscriber that asks for nothing goes on as it is: it must not miss messages that are delivered while it waits.
    if (since === undefined && feed.subscriptions.has(member.id)) return confirm?.({});
    const subscription: Subscription = { member, start: Number.POSITIVE_INFINITY };
    feed.subscriptions.set(member.id, subscription);
    feed.catchingUp.add(member.id);
    try {
      // Only then do all messages arrive from other workers: none falls between the newest offset and the first arrival.
      await member.enter(room);
      await this.#open(feed);
      const begin = since === undefined ? { offset: feed.delivered, resumed: {} } : await this.#resume(feed, since);
      subscription.start = "recovered" in begin.resumed && begin.resumed.recovered ? 0 : begin.offset;
      if (isActive(feed, subscription)) await confirm?.(begin.resumed);
      await this.#replay(feed, subscription, begin.offset);
    } catch (error) {
      this.unsubscribe(member, room);
      throw error;
    } finally {
      feed.catchingUp.delete(member.id);
    }
  }

  unsubscribe(member: Subscriber, room: string): void {
    const key = keyOf(member.namespace, room);
    const feed = this.#feeds.get(key);
    feed?.subscriptions.delete(member.id);
    if (feed?.subscriptions.size === 0) this.#feeds.delete(key);
  }

  /** Finds the offset from which a client that has seen everything up to `since` goes on, and the answer to it. */
  async #resume(feed: Feed, since: number): Promise<{ offset: number; resumed: Resumed }> {
    const { log, events } = this.#options;
    // The client may have seen messages on another worker that have not arrived here yet.
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
   * includes the subscriber in the delivery of new ones. Both happen in one turn, and no message is sent that is yet to be
   * delivered, so that none is lost or doubled in between.
   */
  async #replay(feed: Feed, subscription: Subscription, from: number): Promise<void> {
    const { member } = subscription;
    let at = from;
    while (at < feed.delivered) {
      const page = await this.#options.log.read(feed.name, at, PAGE);
      // Removed from the log while it was read: the client comes back and learns that it has missed messages.
      if (page[0]?.offset !== at + 1) return member.disconnect();
      for (const entry of page) {
        const isRepeat = await this.#isDeliveredElsewhere(member, feed, entry);
        if (!isActive(feed, subscription)) return;
        // The log is ahead of the feed.
        if (entry.offset > feed.delivered) break;
        at = entry.offset;
        const { type, payload } = copyFor(entry.message, feed.name.room, entry.offset);
        if (!isRepeat) member.deliver(type, payload);
        this.#options.faultPoint("replaying");
      }
    }
    feed.catchingUp.delete(member.id);
  }

  /** Whether a message to several rooms has reached a client as the member of another one. */
  async #isDeliveredElsewhere(member: Subscriber, feed: Feed, { id, message }: LogEntry): Promise<boolean> {
    if (message.rooms.length === 1) return false;
    const others = message.rooms.filter((room) => room !== feed.name.room);
    const shared = others.filter((room) => this.#feedOf(member.namespace, room)?.subscriptions.has(member.id));
    if (shared.length === 0) return false;
    const rooms = shared.map((room) => ({ namespace: member.namespace, room }));
    for (const { room, offset } of await this.#options.log.positions(id, rooms)) {
      const other = this.#feedOf(member.namespace, room);
      const start = other?.subscriptions.get(member.id)?.start;
      if (other && start !== undefined && start < offset && offset <= other.delivered) return true;
    }
    return false;
  }

  /** Delivers messages to the room's subscribers, except those that catch up or get them by an earlier room. */
  #deliver(feed: Feed, due: readonly PlacedPublication[]): void {
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

  /** Opens the feed at the room's newest offset, once. Rejects when the log cannot be read; the next call tries again. */
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

  /** Delivers everything that the feed knows of, reading missing messages; resolves then, or when nobody subscribes. */
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
      for (const placed of page) {
        // Removed from the log before it was delivered here: the subscribers come back and learn that they missed it.
        if (placed.offset > feed.delivered + 1)
          for (const { member } of feed.subscriptions.values()) member.disconnect();
        this.#deliver(feed, feed.advance(placed));
      }
      if (page.length === 0 && feed.isBehind) await this.#pause(RETRY_MS);
    }
  }

  /** Reads the messages after the last one that was delivered, a page of them. */
  async #missing({ name, delivered }: Feed): Promise<PlacedPublication[]> {
    const entries = await this.#options.log.read(name, delivered, PAGE);
    const placed = entries.map(async (entry) => ({
      message: copyFor(entry.message, name.room, entry.offset),
      offset: entry.offset,
      positions: await this.#positionsOf(name.namespace, name.room, entry),
    }));
    return Promise.all(placed);
  }

  /** Looks up the positions of a message that was read from the log, where another of its rooms has a feed here. */
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

/** Whether a subscription is still the client's, and the client is there. */
function isActive(feed: Feed, subscription: Subscription): boolean {
  return subscription.member.isOpen && feed.subscriptions.get(subscription.member.id) === subscription;
}

/** The ids of the subscribers to both rooms that have, or are to get, the message by the earlier one of its rooms. */
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
