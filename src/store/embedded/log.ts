import type { Clock } from "../../hub/clock.ts";
import type { Message, Position, StoredPublication } from "../../hub/message.ts";
import type { LogEntry, Retention, RoomLog, RoomName } from "../log.ts";
import { digest, isSpent, roomKey, roomOf } from "../room-log.ts";
import type { EmbeddedDatabase, RoomWrite } from "./database.ts";
import { component, keysFrom } from "./keys.ts";

const MINUTE_MS = 60_000;

/** Entries that a transaction removes and rooms that it visits, at most. Other writers are blocked meanwhile. */
const BATCH = 500;

/** The room log in LMDB. An append is one transaction. */
export class EmbeddedLog implements RoomLog {
  readonly #database: EmbeddedDatabase;
  readonly #clock: Clock;
  /** Rooms that this worker has written to since its last trim. */
  readonly #written = new Set<string>();

  constructor(database: EmbeddedDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async append(messages: readonly Pick<StoredPublication, "id" | "message">[]): Promise<(readonly Position[])[]> {
    if (messages.length === 0) return [];
    const written = new Map<string, RoomWrite>();
    const positions = await this.#database.transaction(() => {
      const appended = messages.map(({ id, message }) =>
        message.rooms.map((room) => ({ room, offset: this.#appendToRoom(id, message, room, written) })),
      );
      for (const one of written.values()) this.#noteTime(one);
      return appended;
    });
    for (const room of written.keys()) this.#written.add(room);
    return positions;
  }

  async read(room: RoomName, offset: number, limit: number): Promise<LogEntry[]> {
    const start = digest(roomKey(room));
    return this.#database.read(() => {
      const after = { start: entryKey(start, offset + 1), end: keysFrom(start).end, limit };
      return [...this.#database.logEntries.getRange(after)].map(({ key, value: { id, message } }) => {
        return { id, offset: offsetOf(key), message };
      });
    });
  }

  async newest(rooms: readonly RoomName[]): Promise<number[]> {
    return this.#database.read(() => rooms.map((room) => this.#newest(digest(roomKey(room)))));
  }

  async positions(id: string, rooms: readonly RoomName[]): Promise<Position[]> {
    return this.#database.read(() =>
      rooms.flatMap((name) => {
        const offset = this.#database.logIds.get(idKey(digest(roomKey(name)), id));
        return offset === undefined ? [] : { room: name.room, offset };
      }),
    );
  }

  async writtenSince(time: number): Promise<(RoomName & { readonly newest: number })[]> {
    const newest = new Map<string, number>();
    this.#database.read(() => {
      for (const namespace of this.#namespaces()) {
        const since = { ...keysFrom(component(namespace)), start: minuteKey(namespace, time) };
        for (const { value } of this.#database.logTimes.getRange(since)) {
          if (value.at >= time) newest.set(value.room, Math.max(value.seq, newest.get(value.room) ?? 0));
        }
      }
    });
    return [...newest].map(([room, offset]) => ({ ...roomOf(room), newest: offset }));
  }

  async trim(retentionOf: (namespace: string) => Retention): Promise<number> {
    const written = [...this.#written];
    this.#written.clear();
    try {
      let removed = await this.#trimRooms(written, retentionOf);
      for (const namespace of this.#database.read(() => this.#namespaces())) {
        removed += await this.#trimOld(namespace, retentionOf);
      }
      return removed;
    } catch (error) {
      for (const room of written) this.#written.add(room);
      throw error;
    }
  }

  /**
   * Returns the offset of a message in a room. Appends it first if the room does not have it, and notes the write in
   * `written`. To be called within a transaction.
   */
  #appendToRoom(id: string, message: Message, roomName: string, written: Map<string, RoomWrite>): number {
    const { logEntries, logIds } = this.#database;
    const room = roomKey({ namespace: message.namespace, room: roomName });
    const start = digest(room);
    const known = logIds.get(idKey(start, id));
    if (known !== undefined) return known;
    const offset = (written.get(room)?.seq ?? this.#newest(start)) + 1;
    const at = this.#clock.now();
    logEntries.put(entryKey(start, offset), { id, at, message });
    logIds.put(idKey(start, id), offset);
    written.set(room, { room, seq: offset, at });
    return offset;
  }

  #noteTime({ room, seq, at }: RoomWrite): void {
    const { logTimes } = this.#database;
    const key = Buffer.concat([minuteKey(roomOf(room).namespace, at), digest(room)]);
    logTimes.put(key, { room, seq, at: Math.max(at, logTimes.get(key)?.at ?? at) });
  }

  #newest(room: Buffer): number {
    const { start, end } = keysFrom(room);
    const [last] = this.#database.logEntries.getKeys({ start: end, end: start, reverse: true, limit: 1 });
    return last ? offsetOf(last) : 0;
  }

  /** Returns the namespaces in the table of times. */
  #namespaces(): string[] {
    const namespaces: string[] = [];
    for (let start: Buffer = Buffer.from([0]); ; ) {
      const [first] = this.#database.logTimes.getRange({ start, limit: 1 });
      if (!first) return namespaces;
      const { namespace } = roomOf(first.value.room);
      namespaces.push(namespace);
      start = keysFrom(component(namespace)).end;
    }
  }

  /** Trims the rooms of a namespace that have a write older than its retention, and forgets the times of those writes. */
  async #trimOld(namespace: string, retentionOf: (namespace: string) => Retention): Promise<number> {
    const end = minuteKey(namespace, this.#clock.now() - retentionOf(namespace).ms);
    const old = { start: component(namespace), end, limit: BATCH };
    for (let removed = 0; ; ) {
      const rows = this.#database.read(() => [...this.#database.logTimes.getRange(old)]);
      if (rows.length === 0) return removed;
      removed += await this.#trimRooms([...new Set(rows.map(({ value }) => value.room))], retentionOf);
      await this.#database.transaction(() => {
        for (const { key } of rows) this.#database.logTimes.remove(key);
      });
    }
  }

  async #trimRooms(rooms: readonly string[], retentionOf: (namespace: string) => Retention): Promise<number> {
    let removed = 0;
    for (let next = 0; next < rooms.length; ) {
      const done = await this.#database.transaction(() => {
        let spare = BATCH;
        let at = next;
        for (const room of rooms.slice(next, next + BATCH)) {
          spare -= this.#trimRoom(digest(room), retentionOf(roomOf(room).namespace), spare);
          if (spare === 0) break; // The room may have more spent entries.
          at++;
        }
        return { removed: BATCH - spare, next: at };
      });
      removed += done.removed;
      next = done.next;
    }
    return removed;
  }

  /**
   * Removes up to `limit` spent entries of a room, the oldest first. Returns their number. To be called within a
   * transaction.
   */
  #trimRoom(room: Buffer, retention: Retention, limit: number): number {
    const { logEntries, logIds } = this.#database;
    const newest = this.#newest(room);
    const now = this.#clock.now();
    const spent: { readonly key: Buffer; readonly id: string }[] = [];
    for (const { key, value } of logEntries.getRange({ ...keysFrom(room), limit })) {
      if (!isSpent({ offset: offsetOf(key), at: value.at }, newest, retention, now)) break;
      spent.push({ key, id: value.id });
    }
    for (const { key, id } of spent) {
      logEntries.remove(key);
      logIds.remove(idKey(room, id));
    }
    return spent.length;
  }
}

function entryKey(room: Buffer, offset: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(offset));
  return Buffer.concat([room, bytes]);
}

function offsetOf(key: Buffer): number {
  return Number(key.readBigUInt64BE(key.length - 8));
}

function idKey(room: Buffer, id: string): Buffer {
  return Buffer.concat([room, digest(JSON.stringify(id))]);
}

/** Returns the prefix, in the table of times, of writes in the minute of `time`. */
function minuteKey(namespace: string, time: number): Buffer {
  return Buffer.concat([component(namespace), component(Math.floor(time / MINUTE_MS))]);
}
