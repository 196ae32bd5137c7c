import type { z } from "zod";
import type { Command } from "../hub/commands.ts";
import type { Message } from "../hub/message.ts";
import type { RoomLog } from "./log.ts";
import type { RelayTarget } from "./writes/relay.ts";

export type Id = number | string;

/**
 * A stored document: an object with an `id`, which is a string of at most 512 bytes or a number. It is plain JSON: no
 * dates, and `undefined` counts as absent. An array must not be directly within an array. A key must not be empty or
 * `__proto__`, begin with `$` (at the top also `_`), or hold `.` or NUL. A write of any other value throws an `Error`
 * with the path.
 */
export interface Document {
  readonly id: Id;
}

/**
 * A declared index. A query fixes a leading part of `fields` by equality and may give the next one a range or a prefix.
 * If the first field holds an array, each element is indexed. A document is found once, even if several elements match.
 * Only strings, finite numbers and booleans are indexed. A document that lacks one of the fields or `order`, or has any
 * other value there, is not in the index.
 */
export interface IndexDeclaration<T> {
  readonly fields: readonly (keyof T & string)[];
  /** Refuses a second document with the same values. Not for arrays. */
  readonly unique?: boolean;
  /**
   * The field by which results are ordered (then by id), for example "newest first". Without it the order is by the
   * fields that the query does not fix, then by id; by id alone if a document is found by any of several elements of an
   * array. Numbers come before strings, strings (by their UTF-8 bytes) before booleans.
   */
  readonly order?: keyof T & string;
}

/** A declared collection: its name, the schema that checks every write, and the indexes, which are its only queries. */
export interface CollectionDeclaration<T extends Document, I extends string = string> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
  readonly indexes: Readonly<Record<I, IndexDeclaration<T>>>;
}

/** Declares a collection. Returns the declaration itself, with its types. */
export function defineCollection<T extends Document, const I extends string>(
  declaration: CollectionDeclaration<T, I>,
): CollectionDeclaration<T, I> {
  return declaration;
}

/**
 * The result of a transition: the next document (the same object for "no change"), the messages that it causes, a
 * result.
 */
export interface Change<T, R> {
  readonly next: T;
  readonly messages?: readonly Message[];
  readonly result: R;
}

/** A change without a result. */
export interface PlainChange<T> extends Omit<Change<T, undefined>, "result"> {
  readonly result?: undefined;
}

/** The result of `ensure`. */
export interface Ensured<T> {
  /** The stored document; the given one if it was inserted. */
  readonly document: T;
  readonly inserted: boolean;
}

export type Scalar = string | number | boolean;

/** A query of an index. */
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
  /** The largest number of documents to return, 1–1,000. */
  readonly limit: number;
  /** The number of documents to skip from the start; for pages of a listing. */
  readonly offset?: number;
}

/**
 * One collection of the store. Both adapters keep the same promises:
 * - a resolved write is durable, and every worker reads it;
 * - a change and the messages that it causes are one write of one document, except messages of class `volatile`;
 * - messages are relayed after the commit, those of one document in the order of its changes, before the write
 *   resolves; if that fails, because the worker has died or the log cannot be written, another worker (or this one)
 *   relays them within seconds, under the same id;
 * - a change that is named by a command is made once: for a retry, `modify` returns the first result (as JSON has it),
 *   and nothing is written or relayed; a document whose id comes from the command is inserted once by `ensure`;
 * - every method rejects with `HubError("unavailable")` while the database cannot be reached.
 */
export interface Collection<T extends Document, I extends string = string> {
  /** Resolves to the document; `undefined` if there is none. */
  get(id: Id): Promise<T | undefined>;
  /**
   * Inserts a document, with its messages. Rejects with `HubError("conflict")` when the id or a unique index is taken.
   */
  insert(document: T, messages?: readonly Message[]): Promise<void>;
  /**
   * Inserts the document, with its messages, if its id is not taken. Rejects with `HubError("conflict")` when a unique
   * index is taken by a document with another id.
   */
  ensure(document: T, messages?: readonly Message[]): Promise<Ensured<T>>;
  /**
   * Applies a pure transition atomically. It may run several times, each time with the newest document, which is
   * frozen. When it throws, nothing is written, and `modify` rejects with the same error. Transitions that wait for the
   * same document on one worker are applied one after another and written once (group commit). Rejects with
   * `HubError("not_found")` when there is no such document.
   */
  modify(id: Id, transition: (document: T) => PlainChange<T>, command?: Command): Promise<undefined>;
  modify<R>(id: Id, transition: (document: T) => Change<T, R>, command?: Command): Promise<R>;
  /**
   * Inserts the next document of those that have the values `parent` in the leading fields of a unique index. The last
   * field of the index numbers them from 1, without gaps. `build` makes the document with its number, and may run again
   * with another. Messages of class `log` come into their rooms in the order of the numbers. Resolves to the stored
   * document; if the id is taken, to the one that has it.
   */
  insertNext(
    index: I,
    parent: readonly Scalar[],
    build: (number: number) => { readonly document: T; readonly messages?: readonly Message[] },
  ): Promise<T>;
  /** Resolves to the documents of an index that match a query, in the order of the index. */
  find(index: I, query: Query): Promise<T[]>;
  /** Resolves to the number of documents of an index that match a query. */
  count(index: I, query: Pick<Query, "equals" | "prefix" | "range">): Promise<number>;
  /**
   * Removes a document with its outbox: messages that are not relayed yet are lost. Resolves to true if there was one.
   */
  remove(id: Id): Promise<boolean>;
}

export interface Store {
  /** A description for people: `embedded database in ./data` or `MongoDB at host:port` (never with credentials). */
  readonly description: string;
  /** Opens a collection and creates its indexes. Declare each name once. */
  collection<T extends Document, I extends string>(declaration: CollectionDeclaration<T, I>): Promise<Collection<T, I>>;
  /** Resolves to the next number of a named sequence, from 1. Each number is unique over all workers. */
  next(sequence: string): Promise<number>;
  /**
   * Removes the marks of steps from the documents that this worker has written by them. To be called once the answers
   * of their commands are stored elsewhere, so that these steps are not run again.
   */
  forget(steps: readonly string[]): void;
  /**
   * Sets the target of the messages of changes. Until then they stay in their outboxes. To be called once, at start.
   */
  relayTo(target: RelayTarget): void;
  /** The messages of class `log`, by room. */
  readonly log: RoomLog;
  /** Resolves when the database answers; rejects with `HubError("unavailable")` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
