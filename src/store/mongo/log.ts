import { setTimeout as sleep } from "node:timers/promises";
import type mongoose from "mongoose";
import type { Clock } from "../../hub/clock.ts";
import { HubError } from "../../hub/errors.ts";
import type { Message, Position, StoredPublication } from "../../hub/message.ts";
import { inBatches } from "../in-batches.ts";
import type { LogEntry, Retention, RoomLog, RoomName } from "../log.ts";
import { digest, isSpent, roomKey, roomOf } from "../room-log.ts";
import { isAnswerLost, isDuplicate } from "./errors.ts";
import { MAX_INSERT } from "./ferretdb.ts";
import { Heads } from "./log-heads.ts";

/** A message in the log of a room. */
interface EntryRecord {
  /** A digest of the room and the message's id. With it the database refuses a message that the room already has. */
  readonly _id: string;
  /** The room's `roomKey`. Unique with `seq`, so that the database refuses an offset that is taken. */
  readonly room: string;
  /** The offset. */
  readonly seq: number;
  readonly namespace: string;
  /** The time of the append by the clock of the appending worker; epoch milliseconds. */
  readonly at: number;
  readonly id: string;
  /** The `Message` as JSON text. A payload may have keys that MongoDB does not accept. */
  readonly message: string;
}

/** A record to be appended to a room. */
type Entry = Omit<EntryRecord, "room" | "seq" | "at">;

type Run = <R>(operation: () => Promise<R>) => Promise<R>;

/** The collection of the room log. No declared collection can have this name. */
const LOG = "_log";

/** Entries that one command removes, at most. */
const MAX_REMOVE = 500;

/** Tries of an append that conflicts with appends of other workers. */
const MAX_TRIES = 100;
/** Milliseconds between two tries, at most. */
const MAX_PAUSE_MS = 32;

/**
 * Age in milliseconds before which no entry is removed. An offset counts as free when no entry has it. So an append that is
 * based on a cached newest offset must reach the database before other workers have filled the offsets after it and have
 * removed them again. A cached offset is used for 5 s (`Heads`), an operation takes at most 30 s, and the rest of a broken
 * connection may arrive two minutes late.
 */
const KEPT_MS = 180_000;

/** The room log in MongoDB. It has one document for each message and room. */
export class MongoLog implements RoomLog {
  readonly #records: mongoose.mongo.Collection<EntryRecord>;
  readonly #clock: Clock;
  readonly #run: Run;
  readonly #heads: Heads;
  readonly #appendToRoom: (room: string, entry: Entry) => Promise<number>;
  /** Rooms that this worker has written to since its last trim, and rooms with spent entries too young to be removed. */
  readonly #written = new Set<string>();
  /** By namespace: the time up to which rooms with old entries have been trimmed; epoch milliseconds. */
  readonly #trimmedUntil = new Map<string, number>();

  private constructor(records: mongoose.mongo.Collection<EntryRecord>, clock: Clock, run: Run) {
    this.#records = records;
    this.#clock = clock;
    this.#run = run;
    this.#heads = new Heads(clock);
    this.#appendToRoom = inBatches(
      (room, entries) => run(() => this.#insert(room, entries)).finally(() => this.#written.add(room)),
      MAX_INSERT,
    );
  }

  /** Creates the indexes and returns the log. `run` runs an operation and rejects as the store does. */
  static async open(database: mongoose.mongo.Db, clock: Clock, run: Run): Promise<MongoLog> {
    // An entry that a change of primary could still roll back must not be read: the next offset is computed from it.
    const records = database.collection<EntryRecord>(LOG, { readConcern: { level: "majority" } });
    // One after the other: FerretDB fails when several workers create several indexes at once.
    await run(() => records.createIndex({ room: 1, seq: 1 }, { unique: true }));
    await run(() => records.createIndex({ namespace: 1, at: 1, room: 1, seq: 1 }));
    return new MongoLog(records, clock, run);
  }

  append(messages: readonly Pick<StoredPublication, "id" | "message">[]): Promise<(readonly Position[])[]> {
    return Promise.all(messages.map(({ id, message }) => this.#appendOne(id, message)));
  }

  async read(room: RoomName, offset: number, limit: number): Promise<LogEntry[]> {
    const filter = { room: roomKey(room), seq: { $gt: offset } };
    const found = this.#records.find(filter, { projection: { _id: 0, id: 1, seq: 1, message: 1 } });
    const records = await this.#run(() => found.sort({ seq: 1 }).limit(limit).toArray());
    return records.map(({ id, seq, message }) => ({ id, offset: seq, message: JSON.parse(message) as Message }));
  }

  newest(rooms: readonly RoomName[]): Promise<number[]> {
    return Promise.all(rooms.map((room) => this.#run(() => this.#newest(roomKey(room)))));
  }

  async positions(id: string, rooms: readonly RoomName[]): Promise<Position[]> {
    const keys = rooms.map((name) => entryId(roomKey(name), id));
    const offsets = await this.#run(() => this.#offsets(keys));
    return rooms.flatMap(({ room }, at) => {
      const offset = offsets.get(keys[at] ?? "");
      return offset === undefined ? [] : { room, offset };
    });
  }

  async writtenSince(time: number): Promise<(RoomName & { readonly newest: number })[]> {
    const newest = await this.#run(async () => {
      return this.#newestOf({ namespace: { $in: await this.#namespaces() }, at: { $gte: time } });
    });
    return [...newest].map(([room, offset]) => ({ ...roomOf(room), newest: offset }));
  }

  async trim(retentionOf: (namespace: string) => Retention): Promise<number> {
    const written = [...this.#written];
    this.#written.clear();
    try {
      let removed = await this.#trimRooms(written, retentionOf);
      for (const namespace of await this.#run(() => this.#namespaces())) {
        removed += await this.#trimOld(namespace, retentionOf);
      }
      return removed;
    } catch (error) {
      for (const room of written) this.#written.add(room);
      throw error;
    }
  }

  async #appendOne(id: string, message: Message): Promise<Position[]> {
    const { namespace, rooms } = message;
    const text = JSON.stringify(message);
    const positions = rooms.map(async (room) => {
      const key = roomKey({ namespace, room });
      return { room, offset: await this.#appendToRoom(key, { _id: entryId(key, id), namespace, id, message: text }) };
    });
    return Promise.all(positions);
  }

  /**
   * Appends entries to a room. Resolves to their offsets. A document is refused because the room already has its message or
   * because another worker has taken its offset. The documents after it are not inserted, so that no offset is skipped.
   */
  async #insert(room: string, entries: readonly Entry[]): Promise<number[]> {
    const offsets = new Map<string, number>();
    let missing = [...new Map(entries.map((entry) => [entry._id, entry])).values()];
    for (let tries = 0; missing.length > 0; tries++) {
      if (tries === MAX_TRIES) throw new HubError("unavailable");
      if (tries > 0) await sleep(Math.random() * Math.min(2 ** (tries - 1) - 1, MAX_PAUSE_MS));
      const at = this.#clock.now();
      const head = this.#heads.get(room) ?? (await this.#newest(room));
      const records = missing.map((entry, i) => ({ ...entry, room, seq: head + 1 + i, at }));
      try {
        await this.#records.insertMany(records, { ordered: true });
        this.#heads.set(room, head + records.length, at);
        for (const { _id, seq } of records) offsets.set(_id, seq);
        break;
      } catch (error) {
        this.#heads.delete(room);
        if (!isDuplicate(error) && !isAnswerLost(error)) throw error;
      }
      for (const [id, offset] of await this.#offsets(missing.map(({ _id }) => _id))) offsets.set(id, offset);
      missing = missing.filter(({ _id }) => !offsets.has(_id));
    }
    return entries.map(({ _id }) => offsets.get(_id) ?? 0);
  }

  async #newest(room: string): Promise<number> {
    const [last] = await this.#records
      .find({ room })
      .project<Pick<EntryRecord, "seq">>({ _id: 0, seq: 1 })
      .sort({ seq: -1 })
      .limit(1)
      .toArray();
    return last?.seq ?? 0;
  }

  /** Resolves to the offsets of those of these documents that exist, by `_id`. */
  async #offsets(ids: readonly string[]): Promise<Map<string, number>> {
    const found = this.#records.find({ _id: { $in: ids } }).project<Pick<EntryRecord, "_id" | "seq">>({ seq: 1 });
    return new Map((await found.toArray()).map(({ _id, seq }) => [_id, seq]));
  }

  #namespaces(): Promise<string[]> {
    return this.#records.distinct("namespace");
  }

  /** Resolves to the rooms of the selected entries, each with its newest offset among them. The index covers the query. */
  async #newestOf(filter: mongoose.mongo.Filter<EntryRecord>): Promise<Map<string, number>> {
    const newest = new Map<string, number>();
    const found = this.#records.find(filter).project<Pick<EntryRecord, "room" | "seq">>({ _id: 0, room: 1, seq: 1 });
    for await (const { room, seq } of found) newest.set(room, Math.max(seq, newest.get(room) ?? 0));
    return newest;
  }

  /** Trims the rooms of a namespace with entries that have outlived their retention since the last call. */
  async #trimOld(namespace: string, retentionOf: (namespace: string) => Retention): Promise<number> {
    const until = this.#clock.now() - Math.max(retentionOf(namespace).ms, KEPT_MS);
    const since = this.#trimmedUntil.get(namespace) ?? 0;
    const rooms = await this.#run(() => this.#newestOf({ namespace, at: { $gte: since, $lt: until } }));
    const removed = await this.#trimRooms(rooms.keys(), retentionOf);
    this.#trimmedUntil.set(namespace, until);
    return removed;
  }

  async #trimRooms(rooms: Iterable<string>, retentionOf: (namespace: string) => Retention): Promise<number> {
    let removed = 0;
    for (const room of rooms)
      removed += await this.#run(() => this.#trimRoom(room, retentionOf(roomOf(room).namespace)));
    return removed;
  }

  async #trimRoom(room: string, retention: Retention): Promise<number> {
    const now = this.#clock.now();
    const newest = await this.#newest(room);
    const isEntrySpent = ({ seq, at }: Pick<EntryRecord, "seq" | "at">): boolean =>
      isSpent({ offset: seq, at }, newest, retention, now);
    let removed = 0;
    // The first page has one entry: mostly there is nothing to remove.
    for (let limit = 1; ; limit = MAX_REMOVE) {
      const oldest = this.#records.find({ room }).project<Pick<EntryRecord, "seq" | "at">>({ _id: 0, seq: 1, at: 1 });
      const page = await oldest.sort({ seq: 1 }).limit(limit).toArray();
      const kept = page.findIndex((entry) => entry.at >= now - KEPT_MS || !isEntrySpent(entry));
      const spent = kept === -1 ? page : page.slice(0, kept);
      const [first] = spent;
      if (first) {
        const { deletedCount } = await this.#records.deleteMany({
          room,
          seq: { $gte: first.seq, $lt: first.seq + spent.length },
        });
        removed += deletedCount;
      }
      if (spent.length === limit) continue;
      const oldestKept = page[spent.length];
      if (oldestKept && isEntrySpent(oldestKept)) this.#written.add(room);
      return removed;
    }
  }
}

/** Returns the `_id` of a message in a room. */
function entryId(room: string, id: string): string {
  return digest(JSON.stringify([room, id])).toString("base64url");
}
