import type { Clock } from "../hub/clock.ts";
import type { Joining, Member, Resumed } from "../hub/delivering.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Delivery, Fanout, Position } from "../hub/message.ts";
import type { LogEntry, RoomLog } from "../store/log.ts";
import type { FaultPoint } from "./faults.ts";
import { copyFor, Feed, type Follower, PAGE, type Placed } from "./feed.ts";

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
  hear({ message, seq = 0, positions = [] }: Delivery): void {
    const feed = this.#feeds.get(keyOf(message.namespace, message.rooms[0]));
    feed?.hear({ message, seq, positions });
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
  async follow(member: Member, room: string, { since, confirm }: Joining): Promise<void> {
    const feed = this.#feedOf(member.namespace, room);
    // One that is in and asks for nothing goes on as it is: it must not miss what is shown while it waits.
    if (since === undefined && feed.followers.has(member.id)) return confirm?.({});
    const follower: Follower = { member, start: Number.POSITIVE_INFINITY };
    feed.followers.set(member.id, follower);
    feed.catchingUp.add(member.id);
    try {
      await member.enter(room);
      await feed.open();
      const place = since === undefined ? { at: feed.shown, resumed: {} } : await this.#placeOf(feed, since);
      follower.start = "recovered" in place.resumed && place.resumed.recovered ? 0 : place.at;
      if (isFollowing(feed, follower)) await confirm?.(place.resumed);
      await this.#replay(feed, follower, place.at);
    } catch (error) {
      this.unfollow(member, room);
      throw error;
    } finally {
      feed.catchingUp.delete(member.id);
    }
  }

  unfollow(member: Member, room: string): void {
    const key = keyOf(member.namespace, room);
    const feed = this.#feeds.get(key);
    feed?.followers.delete(member.id);
    if (feed?.followers.size === 0) this.#feeds.delete(key);
  }

  /** Where a client that has seen everything up to `since` is to go on, and what it is told of that. */
  async #placeOf(feed: Feed, since: number): Promise<{ at: number; resumed: Resumed }> {
    const { log, events } = this.#options;
    // It may have seen on another worker what has not come here yet.
    const [newest = 0] = await log.newest([feed.name]);
    await feed.reach(newest);
    const oldest = since < feed.shown ? (await log.read(feed.name, since, 1))[0]?.seq : undefined;
    const recovered = since === feed.shown || oldest === since + 1;
    events.emit("resumed", { namespace: feed.name.namespace, recovered });
    const seq = feed.shown;
    return { at: recovered ? since : seq, resumed: { recovered, seq } };
  }

  /**
   * Sends a follower what was shown after `from`; when there is no more of it, it takes part in what is shown next. Both
   * in one turn, and nothing is sent that is yet to be shown, so that nothing is lost or doubled between.
   */
  async #replay(feed: Feed, follower: Follower, from: number): Promise<void> {
    const { member } = follower;
    let at = from;
    while (at < feed.shown) {
      const page = await this.#options.log.read(feed.name, at, PAGE);
      // Removed from the log while it was read: the client comes back and is told so.
      if (page[0]?.seq !== at + 1) return member.giveUp();
      for (const entry of page) {
        const isShown = await this.#isShownElsewhere(member, feed, entry);
        if (!isFollowing(feed, follower)) return;
        // The log is ahead of what is heard.
        if (entry.seq > feed.shown) break;
        at = entry.seq;
        const { type, payload } = copyFor(entry.message, feed.name.room, entry.seq);
        if (!isShown) member.show(type, payload);
        this.#options.faultPoint("replaying");
      }
    }
    feed.catchingUp.delete(member.id);
  }

  /** Whether a message to several rooms has reached a client as the member of another one. */
  async #isShownElsewhere(member: Member, feed: Feed, { id, message }: LogEntry): Promise<boolean> {
    if (message.rooms.length === 1) return false;
    const others = message.rooms.filter((room) => room !== feed.name.room);
    const followed = others.filter((room) => this.#followed(member.namespace, room)?.followers.has(member.id));
    if (followed.length === 0) return false;
    const rooms = followed.map((room) => ({ namespace: member.namespace, room }));
    for (const { room, seq } of await this.#options.log.positions(id, rooms)) {
      const other = this.#followed(member.namespace, room);
      const start = other?.followers.get(member.id)?.start;
      if (other && start !== undefined && start < seq && seq <= other.shown) return true;
    }
    return false;
  }

  /** Shows a message to those who follow the room, are not just catching up, and do not get it by an earlier room of it. */
  #show(feed: Feed, { message, seq, positions }: Placed): void {
    const except = [...feed.catchingUp];
    for (const earlier of positions) {
      if (earlier.room === feed.name.room) break;
      const other = this.#followed(feed.name.namespace, earlier.room);
      if (other) except.push(...both(feed, other, earlier, seq));
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
      show: (placed) => this.#show(feed, placed),
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

function isFollowing(feed: Feed, follower: Follower): boolean {
  return follower.member.isOpen && feed.followers.get(follower.member.id) === follower;
}

/** Those who follow both rooms and have, or are to get, the message by the earlier one of it. */
function both(feed: Feed, other: Feed, earlier: Position, seq: number): string[] {
  const [few, many] = feed.followers.size < other.followers.size ? [feed, other] : [other, feed];
  const ids: string[] = [];
  for (const id of few.followers.keys()) {
    const start = many.followers.has(id) ? other.followers.get(id)?.start : undefined;
    if (start !== undefined && start < earlier.seq && (feed.followers.get(id)?.start ?? 0) < seq) ids.push(id);
  }
  return ids;
}

function keyOf(namespace: string, room = ""): string {
  return `${namespace} ${room}`;
}
