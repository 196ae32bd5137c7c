import type { Message, Position, StoredPublication } from "../hub/message.ts";

/** A message in the log of a room. */
export interface LogEntry {
  readonly id: string;
  /** The offset in the log of its room, from 1. */
  readonly offset: number;
  readonly message: Message;
}

/** A room of a namespace. */
export interface RoomName {
  readonly namespace: string;
  readonly room: string;
}

/**
 * The messages of class `log`, by room. The order in a room is the same for every worker. Each method rejects with
 * `HubError("unavailable")` while the database is unavailable.
 */
export interface RoomLog {
  /**
   * Appends messages to the log of each of their rooms, in the given order. A message that is already there, by its id, keeps
   * its offset. Resolves when the messages are durable, to the positions of each message in the order of its rooms.
   * Calls of one worker for the same room take effect in the order of the calls.
   */
  append(messages: readonly Pick<StoredPublication, "id" | "message">[]): Promise<(readonly Position[])[]>;
  /** Resolves to up to `limit` entries of a room after `offset`, in order. */
  read(room: RoomName, offset: number, limit: number): Promise<LogEntry[]>;
  /** Resolves to the offset of the newest message of each room, 0 for a room that never had one; in the given order. */
  newest(rooms: readonly RoomName[]): Promise<number[]>;
  /** Resolves to the positions of a message in some rooms. A room whose log does not have it, or no longer, is left out. */
  positions(id: string, rooms: readonly RoomName[]): Promise<Position[]>;
  /**
   * Resolves to the rooms that were written to since `time` (epoch milliseconds, by the writer's clock), with their newest
   * offsets.
   */
  writtenSince(time: number): Promise<(RoomName & { readonly newest: number })[]>;
  /**
   * Removes messages beyond the retention of their namespace. A room's newest message always stays. In MongoDB a message stays
   * for at least three minutes. Resolves to the number of removed messages.
   */
  trim(retentionOf: (namespace: string) => Retention): Promise<number>;
}

/** The retention of a room's log. */
export interface Retention {
  /** Newest messages that are kept, at most. */
  readonly messages: number;
  /** Milliseconds for which a message is kept. */
  readonly ms: number;
}
