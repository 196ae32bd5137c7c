import { randomUUID } from "node:crypto";
import { IDEMPOTENCY_MS } from "../../hub/commands.ts";
import type { Message, StoredPublication } from "../../hub/message.ts";
import type { Change, PlainChange } from "../collection.ts";
import { freeze } from "../storable.ts";
import type { Marker, OutboxEntry, Stored } from "./record.ts";

/** One caller's write: a pure function from the document before the write to the one after it; `undefined` for no document. */
export interface Write<T> {
  readonly kind: "insert" | "modify" | "remove" | "tidy";
  /** The name of the command's step. Absent when the write belongs to no command and cannot be repeated. */
  readonly name?: string | undefined;
  readonly apply: (document: T | undefined) => Change<T | undefined, unknown> | PlainChange<T | undefined>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The result of a batch of writes on a given record. */
export interface BatchResult<T> {
  readonly write: Stored<T> | "keep" | "remove";
  /** The messages of the changes, in order. */
  readonly messages: readonly StoredPublication[];
  /** The entries that were in the outbox before and stay there. */
  readonly earlier: readonly OutboxEntry[];
  /** The names of the steps whose markers are written. */
  readonly marked: readonly string[];
  /** Functions that answer the callers, each with its result or its refusal. */
  readonly answers: readonly (() => void)[];
}

/** The state around a batch. */
export interface BatchContext<T> {
  /** Ids of outbox entries and markers that may leave the record. */
  readonly leaving: ReadonlySet<string>;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Returns the document in the form to be stored. Throws when it cannot be stored. */
  readonly check: (document: T) => T;
}

/** Applies writes one after another. A refused write fails alone. Throws the error of `check`. */
export function applyBatch<T>(
  batch: readonly Write<T>[],
  current: Stored<T> | undefined,
  { leaving, now, check }: BatchContext<T>,
): BatchResult<T> {
  const before = current && freeze(current.document);
  const isRepeatable = batch.some(({ name }) => name !== undefined);
  const marks = new Map(isRepeatable ? current?.commands.map((marker) => [marker.id, marker]) : []);
  const marked: Marker[] = [];
  const messages: StoredPublication[] = [];
  const answers: (() => void)[] = [];
  let document: T | undefined = before;
  let version = current?.version ?? 0;

  for (const { name, apply, resolve, reject } of batch) {
    try {
      const done = name !== undefined && marks.get(name);
      if (done) {
        answers.push(() => resolve(done.result === null ? undefined : JSON.parse(done.result)));
        continue;
      }
      const change = apply(document);
      const own = change.messages ?? [];
      if (name !== undefined && (change.next !== document || own.some(isStored))) {
        const mark = { id: name, at: now, result: jsonOf(change.result) };
        marks.set(name, mark);
        marked.push(mark);
      }
      if (change.next !== document && own.length === 0) version = after(version);
      for (const message of own) {
        version = after(version);
        messages.push({ id: message.id ?? randomUUID(), version, message });
      }
      document = change.next;
      answers.push(() => resolve(change.result));
    } catch (refusal) {
      answers.push(() => reject(refusal));
    }
  }
  if (document !== undefined && document !== before) document = check(document);

  const earlier = (current?.outbox ?? []).filter(({ id }) => !leaving.has(id));
  const commands = (current?.commands ?? []).filter(({ id, at }) => !leaving.has(id) && at > now - IDEMPOTENCY_MS);
  const added = messages.filter(({ message }) => isStored(message)).map((message) => entryOf(message, now));
  const isTidied =
    batch.some(({ kind }) => kind === "tidy") &&
    earlier.length + commands.length < (current ? current.outbox.length + current.commands.length : 0);
  if (document === before && added.length === 0 && !isTidied) {
    return { write: "keep", messages, earlier, marked: [], answers };
  }
  if (document === undefined) return { write: "remove", messages, earlier, marked: [], answers };
  const write = { document, version, outbox: [...earlier, ...added], commands: [...commands, ...marked] };
  return { write, messages, earlier, marked: marked.map(({ id }) => id), answers };

  /**
   * Returns a version greater than `previous` and at least the current time. So a document that is removed and inserted again
   * has a greater version than before.
   */
  function after(previous: number): number {
    return Math.max(previous + 1, now);
  }
}

/** Returns true for a message that goes into the outbox. A `volatile` one may be lost with the worker. */
function isStored({ delivery }: Message): boolean {
  return delivery !== "volatile";
}

function entryOf({ id, version, message }: StoredPublication, at: number): OutboxEntry {
  return { id, version, at, message: JSON.stringify(message) };
}

function jsonOf(result: unknown): string | null {
  return result === undefined ? null : JSON.stringify(result);
}
