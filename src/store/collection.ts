import type { z } from "zod";
import type { Command } from "../hub/command.ts";
import type { Outgoing, Position, Stamped } from "../hub/message.ts";

export type Id = number | string;

/**
 * What every stored document is: an object with an `id` (a string of at most 512 bytes, or a number), JSON all through
 * (no dates; `undefined` counts as absent). No array directly within an array; no key that is empty, `__proto__`, begins
 * with `$` (at the top also `_`) or holds `.` or NUL. A write of anything else throws, naming the place.
 */
export interface Document {
  readonly id: Id;
}

/**
 * A declared index. Its queries fix a leading part of `fields` by equality and may give the next one a range or prefix.
 * Where the first field holds an array, each element is indexed and a document is found once whatever matches.
 * Only strings, finite numbers and booleans are indexed; a document that has anything else in one of the fields, or in
 * `order`, or lacks it, is not in the index.
 */
export interface IndexDeclaration<T> {
  readonly fields: readonly (keyof T & string)[];
  /** Refuses a second document with the same values. Not for arrays. */
  readonly unique?: boolean;
  /**
   * Results come ordered by this field (then by id), for example "newest first". Without it they come by the fields that
   * the query does not fix, then by id; by id alone where a document is found by any of several elements of an array.
   * Numbers come before strings, strings (by their UTF-8 bytes) before booleans.
   */
  readonly order?: keyof T & string;
}

/** Declares a collection: its name, the schema that every write is checked against, and the only queries it will answer. */
export interface CollectionDeclaration<T extends Document, I extends string = string> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
  readonly indexes: Readonly<Record<I, IndexDeclaration<T>>>;
}

export function defineCollection<T extends Document, const I extends string>(
  declaration: CollectionDeclaration<T, I>,
): CollectionDeclaration<T, I> {
  return declaration;
}

/** What a transition gives: the next document (the same object for "no change"), the messages it causes, a result. */
export interface Change<T, R> {
  readonly next: T;
  readonly messages?: readonly Outgoing[];
  readonly result: R;
}

export type Scalar = string | number | boolean;

export interface Query {
  /** Values for the leading fields of the index, in their order. */
  readonly equals?: readonly Scalar[];
  /** For the field after those: the start of a string. */
  readonly prefix?: string;
  /** For the field after those: bounds; `after` and `before` are exclusive, `from` and `to` inclusive. */
  readonly range?: {
    readonly from?: Scalar;
    readonly after?: Scalar;
    readonly to?: Scalar;
    readonly before?: Scalar;
  };
  readonly descending?: boolean;
  /** At most this many documents, 1–1,000. */
  readonly limit: number;
  /** Skips this many from the start; for pages of a listing. */
  readonly offset?: number;
}

/**
 * One collection of the store. Both adapters keep the same promises:
 * - a resolved write is durable and seen by every worker;
 * - a write and the messages it causes are one write of one document, those of class `volatile` aside;
 * - messages are relayed after the commit, those of one document in the order of its changes, before the write resolves;
 *   what cannot be relayed then, because the worker has died or the log cannot be written, another worker (or this one)
 *   relays within seconds, under the same id;
 * - a write that is named by a command is done once: when the command comes again, `modify` gives the first result (as
 *   JSON has it) and `insert` resolves, and nothing is written or relayed;
 * - every method rejects with `HubError("unavailable")` while the database cannot be reached.
 */
export interface Collection<T extends Document, I extends string = string> {
  get(id: Id): Promise<T | undefined>;
  /** Rejects with `HubError("conflict")` when the id or a unique index is taken. */
  insert(document: T, messages?: readonly Outgoing[], command?: Command): Promise<void>;
  /**
   * Applies a pure transition atomically. It may run several times and sees the newest document each time; what it
   * throws is a refusal: nothing is written and the rejection carries it. Transitions that wait for the same document
   * on one worker are applied one after another and written once (group commit). The document it is given is frozen.
   * Rejects with `HubError("not_found")` when there is no such document.
   */
  modify<R>(id: Id, transition: (document: T) => Change<T, R>, command?: Command): Promise<R>;
  find(index: I, query: Query): Promise<T[]>;
  count(index: I, query: Pick<Query, "equals" | "prefix" | "range">): Promise<number>;
  /** True when there was one. Messages of it that nobody has relayed yet go with it. */
  remove(id: Id): Promise<boolean>;
}

export interface Store {
  /** What it is, for people: `embedded database in ./data` or `MongoDB at host:port` (never with credentials). */
  readonly description: string;
  /** The collection with its indexes made ready. Declare each name once. */
  collection<T extends Document, I extends string>(declaration: CollectionDeclaration<T, I>): Promise<Collection<T, I>>;
  /** The next number of a named sequence, from 1; never given twice, not even across workers. */
  next(sequence: string): Promise<number>;
  /**
   * These names of commands' writes will not come again: what came of their commands is known elsewhere. Their marks
   * leave the documents that this worker has written by them.
   */
  forget(steps: readonly string[]): void;
  /** The messages of class `log`, by room. */
  readonly log: RoomLog;
  /** Resolves when the database answers; rejects with `HubError("unavailable")` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A message in the log of a room. */
export interface LogEntry {
  readonly id: string;
  /** Its place in the room, from 1. */
  readonly seq: number;
  readonly message: Outgoing;
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
  append(messages: readonly Pick<Stamped, "id" | "message">[]): Promise<(readonly Position[])[]>;
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

/** What has become of messages that were relayed. */
export interface Relayed {
  /** Resolves when they are out for good; rejects when they have to be relayed again. Absent: they are. */
  readonly forGood?: Promise<void>;
}

/**
 * Called after a commit with the messages of the change, in order; resolves when the change may be acknowledged. `earlier`
 * are messages of the same document that another worker has stored and may not have relayed yet: those of class `log` get
 * their places first. When it rejects, the messages are relayed again later.
 */
export type Relay = (messages: readonly Stamped[], earlier: readonly Stamped[]) => Promise<Relayed>;
