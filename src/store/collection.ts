import type { z } from "zod";
import type { Command } from "../hub/commands.ts";
import type { Message } from "../hub/message.ts";
import type { RoomLog } from "./log.ts";
import type { RelayTarget } from "./writes/relay.ts";

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
  readonly messages?: readonly Message[];
  readonly result: R;
}

/** A change without a result. */
export interface PlainChange<T> extends Omit<Change<T, undefined>, "result"> {
  readonly result?: undefined;
}

/** What became of a document that was to be there. */
export interface Ensured<T> {
  /** The stored document: the given one where it was inserted. */
  readonly document: T;
  readonly inserted: boolean;
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
 * - a change that is named by a command is made once: when the command comes again, `modify` gives the first result (as
 *   JSON has it), and nothing is written or relayed; a document whose id the command gives is inserted once by `ensure`;
 * - every method rejects with `HubError("unavailable")` while the database cannot be reached.
 */
export interface Collection<T extends Document, I extends string = string> {
  get(id: Id): Promise<T | undefined>;
  /** Rejects with `HubError("conflict")` when the id or a unique index is taken. */
  insert(document: T, messages?: readonly Message[]): Promise<void>;
  /**
   * Inserts the document, with its messages, where its id is not taken. Rejects with `HubError("conflict")` when a unique
   * index is taken by a document with another id.
   */
  ensure(document: T, messages?: readonly Message[]): Promise<Ensured<T>>;
  /**
   * Applies a pure transition atomically. It may run several times and sees the newest document each time; what it
   * throws is a refusal: nothing is written and the rejection carries it. Transitions that wait for the same document
   * on one worker are applied one after another and written once (group commit). The document it is given is frozen.
   * Rejects with `HubError("not_found")` when there is no such document.
   */
  modify(id: Id, transition: (document: T) => PlainChange<T>, command?: Command): Promise<undefined>;
  modify<R>(id: Id, transition: (document: T) => Change<T, R>, command?: Command): Promise<R>;
  /**
   * Inserts the next document of those that have the values `parent` in the leading fields of a unique index; its last
   * field numbers them from 1, without gaps. `build` makes the document with the number, and may run again with another.
   * Messages of class `log` come into their rooms in the order of the numbers. Resolves to the stored document: where the
   * id is taken, to the one that has it.
   */
  insertNext(
    index: I,
    parent: readonly Scalar[],
    build: (number: number) => { readonly document: T; readonly messages?: readonly Message[] },
  ): Promise<T>;
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
  /** Names the target of the messages of changes; until then they wait. To be called once, at start. */
  relayTo(target: RelayTarget): void;
  /** The messages of class `log`, by room. */
  readonly log: RoomLog;
  /** Resolves when the database answers; rejects with `HubError("unavailable")` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
