import type { Message, StoredPublication } from "../../hub/message.ts";
import type { Document, Id } from "../collection.ts";
import { noteOrigin } from "./origin.ts";

/** A document as it is stored: one record with the messages of its last changes and the marks of commands. */
export interface Stored<T> {
  readonly document: T;
  /** Grows with every change of the document and with each of their messages. */
  readonly version: number;
  /** In the order of the changes. */
  readonly outbox: readonly OutboxEntry[];
  readonly commands: readonly Marker[];
}

/** A message stored with the change that caused it, until it is out for good. */
export interface OutboxEntry {
  readonly id: string;
  readonly version: number;
  /** When it was written, in milliseconds since the epoch by the writer's clock. */
  readonly at: number;
  /** The `Outgoing` as JSON text: a payload may have keys that a database does not take. */
  readonly message: string;
}

/** Says that a command's write is done. */
export interface Marker {
  /** The name of the write. */
  readonly id: string;
  /** As in an outbox entry. */
  readonly at: number;
  /** What it gave, as JSON text; null for `undefined`. */
  readonly result: string | null;
}

/** The outbox of a stored document. */
export interface Outbox {
  readonly id: Id;
  readonly outbox: readonly OutboxEntry[];
}

/** Decides from the newest record what is to be written. May run again when somebody else wrote first. */
export type Step<T> = (current: Stored<T> | undefined) => Stored<T> | "keep" | "remove";

/** What an adapter does for the writes of one collection. */
export interface Records<T> {
  /**
   * Reads the newest record, lets `step` decide, and writes the outcome if nobody wrote between; else all over again.
   * `likelyNew` says that there is probably no record yet. Rejects with `HubError("conflict")`, nothing written, when a
   * unique index is taken, and with `HubError("unavailable")` when it cannot be known whether it was written.
   */
  update(id: Id, step: Step<T>, likelyNew: boolean): Promise<void>;
  /** At most so many outboxes whose oldest message was written at `until` or before, the oldest first. */
  pending(until: number, limit: number): Promise<readonly Outbox[]>;
}

/** A record as it was read; one of the time before there were versions has nothing left to relay. */
export function storedOf<T>(record: Stored<T> | Pick<Stored<T>, "document">): Stored<T> {
  return "version" in record ? record : { ...record, version: 0, outbox: [], commands: [] };
}

/** When the oldest message of an outbox was written; `undefined` for an empty one. */
export function pendingSince(outbox: readonly OutboxEntry[]): number | undefined {
  return outbox.length === 0 ? undefined : Math.min(...outbox.map(({ at }) => at));
}

export function publicationOf({ id, version, message }: OutboxEntry): StoredPublication {
  return { id, version, message: JSON.parse(message) as Message };
}

/** The document of a record, to be given out: it has an origin. */
export function documentOf<T extends Document>({ document, version, outbox }: Omit<Stored<T>, "commands">): T {
  return noteOrigin(document, {
    version,
    // Hardly ever asked for.
    get pending() {
      return outbox.map(publicationOf);
    },
  });
}
