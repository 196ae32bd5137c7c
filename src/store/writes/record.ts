import type { Message, StoredPublication } from "../../hub/message.ts";
import type { Document, Id } from "../collection.ts";
import { noteOrigin } from "./origin.ts";

/** A document in its stored form: one record with the messages of its last changes and the markers of commands. */
export interface Stored<T> {
  readonly document: T;
  /** Grows with every change of the document and with each message of a change. */
  readonly version: number;
  /** In the order of the changes. */
  readonly outbox: readonly OutboxEntry[];
  readonly commands: readonly Marker[];
}

/** A message that is stored with the change that caused it, until delivery has it for good. */
export interface OutboxEntry {
  readonly id: string;
  readonly version: number;
  /** The time of the write by the writer's clock; epoch milliseconds. */
  readonly at: number;
  /** The `Message` as JSON text. A payload may have keys that a database does not accept. */
  readonly message: string;
}

/** A mark that a command's write is done. */
export interface Marker {
  /** The name of the write. */
  readonly id: string;
  /** The time of the write by the writer's clock; epoch milliseconds. */
  readonly at: number;
  /** The result of the write as JSON text; null for `undefined`. */
  readonly result: string | null;
}

/** The outbox of a stored document. */
export interface Outbox {
  readonly id: Id;
  readonly outbox: readonly OutboxEntry[];
}

/** Decides from the newest record what to write. May run again when another writer was first. */
export type Step<T> = (current: Stored<T> | undefined) => Stored<T> | "keep" | "remove";

/** The records of one collection. Each adapter implements it. */
export interface Records<T> {
  /**
   * Reads the newest record, runs `step` and writes its result if the record has not changed since. Otherwise starts again.
   * `likelyNew` is a hint that there is no record yet. Rejects with `HubError("conflict")`, without a write, when a value of a
   * unique index is taken. Rejects with `HubError("unavailable")` when the outcome of the write is unknown.
   */
  update(id: Id, step: Step<T>, likelyNew: boolean): Promise<void>;
  /** Resolves to up to `limit` outboxes with a message from the time `until` (epoch milliseconds) or before; oldest first. */
  pending(until: number, limit: number): Promise<readonly Outbox[]>;
}

/** Completes a record that was read. A record that is older than versions has nothing left to relay. */
export function storedOf<T>(record: Stored<T> | Pick<Stored<T>, "document">): Stored<T> {
  return "version" in record ? record : { ...record, version: 0, outbox: [], commands: [] };
}

/** Returns the time of the oldest message of an outbox in epoch milliseconds; `undefined` for an empty outbox. */
export function pendingSince(outbox: readonly OutboxEntry[]): number | undefined {
  return outbox.length === 0 ? undefined : Math.min(...outbox.map(({ at }) => at));
}

/** Returns the publication that an outbox entry holds. */
export function publicationOf({ id, version, message }: OutboxEntry): StoredPublication {
  return { id, version, message: JSON.parse(message) as Message };
}

/** Returns the document of a record, with its origin attached. */
export function documentOf<T extends Document>({ document, version, outbox }: Omit<Stored<T>, "commands">): T {
  return noteOrigin(document, {
    version,
    // Parsed on demand: it is rarely read.
    get pending() {
      return outbox.map(publicationOf);
    },
  });
}
