import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Feeds } from "../../src/delivery/feeds.ts";
import { systemClock } from "../../src/hub/clock.ts";
import type { Joining, Subscriber } from "../../src/hub/delivering.ts";
import { HubEvents } from "../../src/hub/events.ts";
import type { Message, Publication } from "../../src/hub/message.ts";
import type { Store } from "../../src/store/collection.ts";
import { openEmbeddedStore } from "../../src/store/embedded/store.ts";

const NAMESPACE = "/things";

/** A client of a worker: it keeps what it is shown, each as `room seq text`. */
export class TestMember implements Subscriber {
  readonly namespace = NAMESPACE;
  readonly shown: string[] = [];
  readonly id: string;
  isOpen = true;
  hasGivenUp = false;
  readonly #rooms: Map<string, Set<TestMember>>;

  constructor(id: string, rooms: Map<string, Set<TestMember>>) {
    this.id = id;
    this.#rooms = rooms;
  }

  enter(room: string): void {
    const members = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, members.add(this));
  }

  deliver(_type: string, { text, seq }: Readonly<Record<string, unknown>>): void {
    this.shown.push(`${seq} ${text}`);
  }

  disconnect(): void {
    this.hasGivenUp = true;
  }
}

/** The feeds of a worker over the log of a real store, and what becomes of messages that are in it. */
export class FeedsRig {
  readonly store: Store;
  readonly events = new HubEvents();
  readonly feeds: Feeds;
  /** Called with each fault point that is passed. */
  onFaultPoint: () => void = () => {};
  /** What the log waits for before it is read. */
  beforeRead: Promise<unknown> | undefined;
  readonly #folder: string;
  readonly #rooms = new Map<string, Set<TestMember>>();
  #ids = 0;

  private constructor(store: Store, folder: string) {
    this.store = store;
    this.#folder = folder;
    this.feeds = new Feeds({
      log: {
        append: (...asked) => store.log.append(...asked),
        read: async (...asked) => {
          await this.beforeRead;
          return store.log.read(...asked);
        },
        newest: (...asked) => store.log.newest(...asked),
        positions: (...asked) => store.log.positions(...asked),
        writtenSince: (...asked) => store.log.writtenSince(...asked),
        trim: (...asked) => store.log.trim(...asked),
      },
      clock: systemClock,
      events: this.events,
      fanout: { deliver: (message, except) => this.#deliver(message, except) },
      faultPoint: () => this.onFaultPoint(),
    });
  }

  static async open(): Promise<FeedsRig> {
    const folder = await mkdtemp(path.join(tmpdir(), "junction-feeds-"));
    const store = await openEmbeddedStore({ folder, relay: async () => ({}), clock: systemClock });
    return new FeedsRig(store, folder);
  }

  async close(): Promise<void> {
    await this.store.close();
    await rm(this.#folder, { recursive: true });
  }

  member(): TestMember {
    return new TestMember(`c${++this.#ids}`, this.#rooms);
  }

  /** Lets a member in; resolves to what it was told when it was in. */
  async follow(member: TestMember, room: string, joining: Pick<Joining, "since"> = {}): Promise<unknown> {
    let told: unknown;
    await this.feeds.subscribe(member, room, {
      ...joining,
      confirm: (resumed) => {
        told = resumed;
        member.shown.push("in");
      },
    });
    return told;
  }

  /** Puts messages in the log, each at the end of all these rooms: their copies, which the feeds have not heard yet. */
  async log(rooms: readonly string[], ...texts: string[]): Promise<Publication[]> {
    const messages = texts.map((text): Message => {
      return { namespace: NAMESPACE, rooms, type: "note", payload: { text }, delivery: "log", key: undefined };
    });
    const stamped = messages.map((message) => ({ id: `m${++this.#ids}`, message }));
    const places = await this.store.log.append(stamped);
    return messages.flatMap((message, i) =>
      (places[i] ?? []).map(({ room, offset }) => {
        const copy = { ...message, rooms: [room], payload: { ...message.payload, seq: offset } };
        return { message: copy, offset, positions: rooms.length > 1 ? (places[i] ?? []) : [] };
      }),
    );
  }

  /** The same, and has the feeds hear them. */
  async publish(rooms: readonly string[], ...texts: string[]): Promise<void> {
    for (const copy of await this.log(rooms, ...texts)) this.feeds.receive(copy);
  }

  #deliver({ rooms, type, payload }: Message, except: readonly string[] = []): void {
    for (const member of this.#rooms.get(rooms[0] ?? "") ?? []) {
      if (!except.includes(member.id)) member.deliver(type, payload);
    }
  }
}
