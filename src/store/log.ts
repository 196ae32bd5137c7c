import type { Message, Position, StoredPublication } from "../hub/message.ts";

/** A message in the log of a room. */
export interface LogEntry {
  readonly id: string;
  /** Its place in the room, from 1. */
  readonly offset: number;
  readonly message: Message;
}

/** A room of a namespace. */
export interface RoomName {
  readonly namespace: string;
  readonly room: string;
}

/**
 * The messages of class `log`, in one order per room that is the same for every worker. Rejects with
 * `HubError("unavailable")` while the database cannot be reached.
 */
export interface RoomLog {
  /**
   * Puts messages at the end of the log of each of their rooms, in the order given; one that is there already (by its
   * id) keeps its place. Resolves, when they are durable, to the places of each message, in the order of its rooms.
   * Calls of one worker for the same room take effect in the order they are made.
   */
  append(messages: readonly Pick<StoredPublication, "id" | "message">[]): Promise<(readonly Position[])[]>;
  /** The entries of a room after `seq`, in order, at most `limit`. */
  read(room: RoomName, seq: number, limit: number): Promise<LogEntry[]>;
  /** The place of the newest message of each room, 0 where there never was one; in the order given. */
  newest(rooms: readonly RoomName[]): Promise<number[]>;
  /** The places of a message in some of its rooms; a room it is not (or no longer) in is left out. */
  positions(id: string, rooms: readonly RoomName[]): Promise<Position[]>;
  /**
   * Rooms that were written to since a time (milliseconds since the epoch, by the writer's clock), with their newest
   * places.
   */
  writtenSince(time: number): Promise<(RoomName & { readonly newest: number })[]>;
  /**
   * Removes what the rooms of a namespace need not keep any more, as `keep` says, but never a room's newest message; from
   * MongoDB nothing that is younger than three minutes. Resolves to how many.
   */
  trim(keep: (namespace: string) => Retention): Promise<number>;
}

/** How long the messages of a room are kept: the newest so many, and none older than so many milliseconds. */
export interface Retention {
  readonly messages: number;
  readonly ms: number;
}
