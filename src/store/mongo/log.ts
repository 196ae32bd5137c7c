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

/** A message at its place in a room. */
interface EntryRecord {
  /** Made of the room and the message's id: the database itself refuses a message that the room has. */
  readonly _id: string;
  /** As `roomKey` names it. With `seq` it is unique: the database itself refuses a place that is taken. */
  readonly room: string;
  readonly seq: number;
  readonly namespace: string;
  /** When it was appended, in milliseconds since the epoch, by the clock of the worker that did. */
  readonly at: number;
  readonly id: string;
  /** The `Outgoing` as JSON text: a payload may have keys that MongoDB does not take. */
  readonly message: string;
}

/** What is to be appended to a room. */
type Entry = Omit<EntryRecord, "room" | "seq" | "at">;

type Run = <R>(operation: () => Promise<R>) => Promise<R>;

/** The collection of the room log; no declared collection can have this name. */
const LOG = "_log";

/** How many entries a command removes, at most. */
const MAX_REMOVE = 500;

const MAX_TRIES = 100;
const MAX_PAUSE_MS = 32;

/**
 * No entry is removed before it is this old, in milliseconds. A place counts as free when nobody has it; so what a worker
 * knows of a room must reach the database before others have filled the places after that and have removed them again. It
 * knows it for 5 s (`Heads`), an operation takes at most 30 s, and what a broken connection still had to send may come two
 * minutes late.
 */
const KEPT_MS = 180_000;

/** The room log in MongoDB: a document for each message and room. */
export class MongoLog implements RoomLog {
  readonly #records: mongoose.mongo.Collection<EntryRecord>;
  readonly #clock: Clock;
  readonly #run: Run;
  readonly #heads: Heads;
  readonly #place: (room: string, entry: Entry) => Promise<number>;
  /** Rooms that this worker has written to since it last trimmed, and those that had entries too young to be removed. */
  readonly #written = new Set<string>();
  /** By namespace: up to when its rooms have been looked at because their entries had grown old. */
  readonly #trimmedUntil = new Map<string, number>();

  private constructor(records: mongoose.mongo.Collection<EntryRecord>, clock: Clock, run: Run) {
    this.#records = records;
    this.#clock = clock;
    this.#run = run;
    this.#heads = new Heads(clock);
    this.#place = inBatches(
      (room, entries) => run(() => this.#insert(room, entries)).finally(() => this.#written.add(room)),
      MAX_INSERT,
    );
  }

  /** Makes the collection's indexes ready. `run` awaits an operation and rejects with what the store rejects with. */
  static async open(database: mongoose.mongo.Db, clock: Clock, run: Run): Promise<MongoLog> {
    // What could be undone yet, because the server may lose its role, counts for nothing: a place is built on the one before.
    const records = database.collection<EntryRecord>(LOG, { readConcern: { level: "majority" } });
    // One after the other: FerretDB fails where several workers make several at once.
    await run(() => records.createIndex({ room: 1, seq: 1 }, { unique: true }));
    await run(() => records.createIndex({ namespace: 1, at: 1, room: 1, seq: 1 }));
    return new MongoLog(records, clock, run);
  }

  append(messages: readonly Pick<StoredPublication, "id" | "message">[]): Promise<(readonly Position[])[]> {
    return Promise.all(messages.map(({ id, message }) => this.#appendOne(id, message)));
  }

  async read(room: RoomName, offset: number, limit: number): Promise<LogEntry[]> {
    const wanted = { room: roomKey(room), seq: { $gt: offset } };
    const found = this.#records.find(wanted, { projection: { _id: 0, id: 1, seq: 1, message: 1 } });
    const records = await this.#run(() => found.sort({ seq: 1 }).limit(limit).toArray());
    return records.map(({ id, seq, message }) => ({ id, offset: seq, message: JSON.parse(message) as Message }));
  }

  newest(rooms: readonly RoomName[]): Promise<number[]> {
    return Promise.all(rooms.map((room) => this.#run(() => this.#newest(roomKey(room)))));
  }

  async positions(id: string, rooms: readonly RoomName[]): Promise<Position[]> {
    const keys = rooms.map((name) => entryId(roomKey(name), id));
    const places = await this.#run(() => this.#places(keys));
    return rooms.flatMap(({ room }, at) => {
      const offset = places.get(keys[at] ?? "");
      return offset === undefined ? [] : { room, offset };
    });
  }

  async writtenSince(time: number): Promise<(RoomName & { readonly newest: number })[]> {
    const newest = await this.#run(async () => {
      return this.#newestOf({ namespace: { $in: await this.#namespaces() }, at: { $gte: time } });
    });
    return [...newest].map(([room, seq]) => ({ ...roomOf(room), newest: seq }));
  }

  async trim(keep: (namespace: string) => Retention): Promise<number> {
    const written = [...this.#written];
    this.#written.clear();
    try {
      let removed = await this.#trimRooms(written, keep);
      for (const namespace of await this.#run(() => this.#namespaces())) {
        removed += await this.#trimOld(namespace, keep);
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
    const places = rooms.map(async (room) => {
      const key = roomKey({ namespace, room });
      return { room, offset: await this.#place(key, { _id: entryId(key, id), namespace, id, message: text }) };
    });
    return Promise.all(places);
  }

  /**
   * Puts entries at the end of a room; resolves to their places. A document that is refused either is there already or has
   * come for a place that another worker has taken; those after it are not inserted, so that no place is left out.
   */
  async #insert(room: string, entries: readonly Entry[]): Promise<number[]> {
    const places = new Map<string, number>();
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
        for (const { _id, seq } of records) places.set(_id, seq);
        break;
      } catch (error) {
        this.#heads.delete(room);
        if (!isDuplicate(error) && !isAnswerLost(error)) throw error;
      }
      for (const [id, seq] of await this.#places(missing.map(({ _id }) => _id))) places.set(id, seq);
      missing = missing.filter(({ _id }) => !places.has(_id));
    }
    return entries.map(({ _id }) => places.get(_id) ?? 0);
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

  /** The places of those of these documents that there are. */
  async #places(ids: readonly string[]): Promise<Map<string, number>> {
    const found = this.#records.find({ _id: { $in: ids } }).project<Pick<EntryRecord, "_id" | "seq">>({ seq: 1 });
    return new Map((await found.toArray()).map(({ _id, seq }) => [_id, seq]));
  }

  #namespaces(): Promise<string[]> {
    return this.#records.distinct("namespace");
  }

  /** The rooms that have selected entries, each with the newest place among those. The index has all that is asked for. */
  async #newestOf(filter: mongoose.mongo.Filter<EntryRecord>): Promise<Map<string, number>> {
    const newest = new Map<string, number>();
    const found = this.#records.find(filter).project<Pick<EntryRecord, "room" | "seq">>({ _id: 0, room: 1, seq: 1 });
    for await (const { room, seq } of found) newest.set(room, Math.max(seq, newest.get(room) ?? 0));
    return newest;
  }

  /** Trims the rooms of a namespace whose entries have, since this was last done, become older than they are kept. */
  async #trimOld(namespace: string, keep: (namespace: string) => Retention): Promise<number> {
    const until = this.#clock.now() - Math.max(keep(namespace).ms, KEPT_MS);
    const since = this.#trimmedUntil.get(namespace) ?? 0;
    const rooms = await this.#run(() => this.#newestOf({ namespace, at: { $gte: since, $lt: until } }));
    const removed = await this.#trimRooms(rooms.keys(), keep);
    this.#trimmedUntil.set(namespace, until);
    return removed;
  }

  async #trimRooms(rooms: Iterable<string>, keep: (namespace: string) => Retention): Promise<number> {
    let removed = 0;
    for (const room of rooms) removed += await this.#run(() => this.#trimRoom(room, keep(roomOf(room).namespace)));
    return removed;
  }

  async #trimRoom(room: string, keep: Retention): Promise<number> {
    const now = this.#clock.now();
    const newest = await this.#newest(room);
    let removed = 0;
    // The first look is at one entry alone: mostly there is nothing to remove.
    for (let limit = 1; ; limit = MAX_REMOVE) {
      const oldest = this.#records.find({ room }).project<Pick<EntryRecord, "seq" | "at">>({ _id: 0, seq: 1, at: 1 });
      const page = await oldest.sort({ seq: 1 }).limit(limit).toArray();
      const kept = page.findIndex((entry) => entry.at >= now - KEPT_MS || !isSpent(entry, newest, keep, now));
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
      if (oldestKept && isSpent(oldestKept, newest, keep, now)) this.#written.add(room);
      return removed;
    }
  }
}

/** The `_id` of a message in a room. */
function entryId(room: string, id: string): string {
  return digest(JSON.stringify([room, id])).toString("base64url");
}
