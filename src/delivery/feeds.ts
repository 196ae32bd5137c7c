import type { Clock } from "../hub/clock.ts";
import type { Joining, Resumed, Subscriber } from "../hub/delivering.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Fanout, Position, Publication } from "../hub/message.ts";
import type { LogEntry, RoomLog } from "../store/log.ts";
import type { FaultPoint } from "./faults.ts";
import { copyFor, Feed, PAGE, type PlacedPublication, type Subscription } from "./feed.ts";

export interface FeedsOptions {
  readonly log: RoomLog;
  /** Real time. */
  readonly clock: Clock;
  readonly events: HubEvents;
  readonly fanout: Pick<Fanout, "show">;
  readonly faultPoint: FaultPoint;
}

/** Class `log` on this worker: a feed for each room that its members follow, and the replay for those who come back. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<string, Feed>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  /** Takes the copy of a message for one room, from whichever worker. */
  receive({ message, offset = 0, positions = [] }: Publication): void {
    const feed = this.#feeds.get(keyOf(message.namespace, message.rooms[0]));
    feed?.receive({ message, offset, positions });
  }

  /** Has every room that was written to since a time (milliseconds since the epoch) read what did not come. */
  async catchUp(time: number): Promise<void> {
    for (const { namespace, room, newest } of await this.#options.log.writtenSince(time)) {
      void this.#feeds.get(keyOf(namespace, room))?.reach(newest);
    }
  }

  /**
   * Makes a client a follower of a room: confirms it, gives it what it has missed, and lets it take part in what is shown
   * from exactly there on. Rejects, the client being no follower then, with what `confirm` throws, or when the room's log
   * cannot be read.
   */
  async subscribe(member: Subscriber, room: string, { since, confirm }: Joining): Promise<void> {
    const feed = this.#feedOf(member.namespace, room);
    // One that is in and asks for nothing goes on as it is: it must not miss what is shown while it waits.
    if (since === undefined && feed.subscriptions.has(member.id)) return confirm?.({});
    const follower: Subscription = { member, start: Number.POSITIVE_INFINITY };
    feed.subscriptions.set(member.id, follower);
    feed.catchingUp.add(member.id);
    try {
      await member.enter(room);
      await feed.open();
      const place = since === undefined ? { at: feed.delivered, resumed: {} } : await this.#placeOf(feed, since);
      follower.start = "recovered" in place.resumed && place.resumed.recovered ? 0 : place.at;
      if (isFollowing(feed, follower)) await confirm?.(place.resumed);
      await this.#replay(feed, follower, place.at);
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

  /** Where a client that has seen everything up to `since` is to go on, and what it is told of that. */
  async #placeOf(feed: Feed, since: number): Promise<{ at: number; resumed: Resumed }> {
    const { log, events } = this.#options;
    // It may have seen on another worker what has not come here yet.
    const [newest = 0] = await log.newest([feed.name]);
    await feed.reach(newest);
    const oldest = since < feed.delivered ? (await log.read(feed.name, since, 1))[0]?.offset : undefined;
    const recovered = since === feed.delivered || oldest === since + 1;
    events.emit("resumed", { namespace: feed.name.namespace, recovered });
    const seq = feed.delivered;
    return { at: recovered ? since : seq, resumed: { recovered, seq } };
  }

  /**
   * Sends a follower what was shown after `from`; when there is no more of it, it takes part in what is shown next. Both
   * in one turn, and nothing is sent that is yet to be shown, so that nothing is lost or doubled between.
   */
  async #replay(feed: Feed, follower: Subscription, from: number): Promise<void> {
    const { member } = follower;
    let at = from;
    while (at < feed.delivered) {
      const page = await this.#options.log.read(feed.name, at, PAGE);
      // Removed from the log while it was read: the client comes back and is told so.
      if (page[0]?.offset !== at + 1) return member.disconnect();
      for (const entry of page) {
        const isShown = await this.#isShownElsewhere(member, feed, entry);
        if (!isFollowing(feed, follower)) return;
        // The log is ahead of what is heard.
        if (entry.offset > feed.delivered) break;
        at = entry.offset;
        const { type, payload } = copyFor(entry.message, feed.name.room, entry.offset);
        if (!isShown) member.deliver(type, payload);
        this.#options.faultPoint("replaying");
      }
    }
    feed.catchingUp.delete(member.id);
  }

  /** Whether a message to several rooms has reached a client as the member of another one. */
  async #isShownElsewhere(member: Subscriber, feed: Feed, { id, message }: LogEntry): Promise<boolean> {
    if (message.rooms.length === 1) return false;
    const others = message.rooms.filter((room) => room !== feed.name.room);
    const followed = others.filter((room) => this.#followed(member.namespace, room)?.subscriptions.has(member.id));
    if (followed.length === 0) return false;
    const rooms = followed.map((room) => ({ namespace: member.namespace, room }));
    for (const { room, offset } of await this.#options.log.positions(id, rooms)) {
      const other = this.#followed(member.namespace, room);
      const start = other?.subscriptions.get(member.id)?.start;
      if (other && start !== undefined && start < offset && offset <= other.delivered) return true;
    }
    return false;
  }

  /** Shows a message to those who follow the room, are not just catching up, and do not get it by an earlier room of it. */
  #deliver(feed: Feed, { message, offset, positions }: PlacedPublication): void {
    const except = [...feed.catchingUp];
    for (const earlier of positions) {
      if (earlier.room === feed.name.room) break;
      const other = this.#followed(feed.name.namespace, earlier.room);
      if (other) except.push(...both(feed, other, earlier, offset));
    }
    this.#options.fanout.show(message, except);
  }

  #feedOf(namespace: string, room: string): Feed {
    const key = keyOf(namespace, room);
    const known = this.#feeds.get(key);
    if (known) return known;
    const { log, clock, events } = this.#options;
    const feed: Feed = new Feed({
      name: { namespace, room },
      log,
      clock,
      show: (placed) => this.#deliver(feed, placed),
      positionsOf: (entry) => this.#positionsOf(feed, entry),
      onRepeat: () => events.emit("dropped", { delivery: "log", reason: "repeat" }),
    });
    this.#feeds.set(key, feed);
    return feed;
  }

  #followed(namespace: string, room: string): Feed | undefined {
    return this.#feeds.get(keyOf(namespace, room));
  }

  async #positionsOf(feed: Feed, { id, message }: LogEntry): Promise<readonly Position[]> {
    const { namespace } = feed.name;
    if (!message.rooms.some((room) => room !== feed.name.room && this.#followed(namespace, room))) return [];
    const found = await this.#options.log.positions(
      id,
      message.rooms.map((room) => ({ namespace, room })),
    );
    return message.rooms.flatMap((room) => found.find((position) => position.room === room) ?? []);
  }
}

function isFollowing(feed: Feed, follower: Subscription): boolean {
  return follower.member.isOpen && feed.subscriptions.get(follower.member.id) === follower;
}

/** Those who follow both rooms and have, or are to get, the message by the earlier one of it. */
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
