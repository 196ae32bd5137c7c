import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { HubError } from "../hub/errors.ts";
import type { Outgoing } from "../hub/publish.ts";
import type { Change, Collection, Document, Id, Relay } from "./collection.ts";
import { freeze, isStorableId, storable } from "./storable.ts";

/** A message stored with the change that caused it, until it has been relayed. */
export interface OutboxEntry {
  readonly id: string;
  /** Which opened store wrote it, and relays it. */
  readonly worker: string;
  /** The `Outgoing` as JSON text: a payload may have keys that a database does not take. */
  readonly message: string;
}

/** A document as it is stored: with the messages of its last changes, in one record. */
export interface Stored<T> {
  readonly document: T;
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
}

type Writes<T extends Document> = Pick<Collection<T>, "insert" | "modify" | "remove">;

/** One caller's write: a pure step from the document before (undefined: none) to the one after. */
interface Waiting<T> {
  readonly kind: "insert" | "modify" | "remove";
  readonly apply: (document: T | undefined) => Change<T | undefined, unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What a batch comes to on a given record. */
interface Outcome<T> {
  readonly write: Stored<T> | "keep" | "remove";
  readonly relay: readonly { readonly id: string; readonly message: Outgoing }[];
  readonly answers: readonly (() => void)[];
}

/** How many messages are remembered as perhaps stored and not relayed; a long outage must not fill the memory. */
const MAX_UNRELAYED = 10_000;
/** Keeps a record with its outbox small, and short the time for which a batch holds the database and this process. */
const MAX_BATCH = 256;

/**
 * The writes of a collection, grouped: those that wait for the same document are applied one after another and written
 * once, with their messages; after the commit the messages are relayed in the order of the changes, then the callers are
 * answered. A caller that is refused, or whose document breaks the schema, fails alone. What `relay` throws rejects the
 * batch although it is written; the messages that it did not take stay in the record and go with its next write.
 */
export function groupCommit<T extends Document>(
  schema: z.ZodType<T>,
  records: Records<T>,
  worker: string,
  relay: Relay,
): Writes<T> {
  /** By document: what waits while a batch of it is under way. */
  const lanes = new Map<Id, Waiting<T>[]>();
  /** Entries of ours that may be stored and are not relayed, because their write or relay failed. */
  const unrelayed = new Set<string>();

  return {
    async insert(document, messages = []) {
      if (!isStorableId(document.id)) throw new Error("cannot store a document whose id is longer than 512 bytes");
      await enqueue(document.id, "insert", (current) => {
        if (current) throw new HubError("conflict");
        return { next: document, messages, result: undefined };
      });
    },
    async modify<R>(id: Id, transition: (document: T) => Change<T, R>): Promise<R> {
      if (!isStorableId(id)) throw new HubError("not_found");
      const result = await enqueue(id, "modify", (current) => {
        if (!current) throw new HubError("not_found");
        return transition(current);
      });
      return result as R;
    },
    async remove(id) {
      if (!isStorableId(id)) return false;
      const result = await enqueue(id, "remove", (current) => ({ next: undefined, result: current !== undefined }));
      return result as boolean;
    },
  };

  function enqueue(id: Id, kind: Waiting<T>["kind"], apply: Waiting<T>["apply"]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const one = { kind, apply, resolve, reject };
      const lane = lanes.get(id);
      if (lane) lane.push(one);
      else void run(id, [one]);
    });
  }

  async function run(id: Id, lane: Waiting<T>[]): Promise<void> {
    lanes.set(id, lane);
    await null; // What is asked for in the same tick goes into the first batch.
    while (lane.length > 0) await commit(id, takeBatch(lane));
    lanes.delete(id);
  }

  /** Never rejects: what goes wrong is its callers' answer. */
  async function commit(id: Id, batch: readonly Waiting<T>[]): Promise<void> {
    let outcome: Outcome<T> = { write: "keep", relay: [], answers: [] };
    const step: Step<T> = (current) => {
      outcome = outcomeOf(id, batch, current);
      return outcome.write;
    };
    try {
      await records.update(id, step, batch[0]?.kind === "insert");
    } catch (error) {
      const unknown = error instanceof HubError && error.code === "unavailable";
      if (unknown) remember(outcome.relay);
      // One of them took a unique value that is taken, or broke the schema: alone, each gets its own answer.
      if (!unknown && batch.length > 1) for (const one of batch) await commit(id, [one]);
      else for (const { reject } of batch) reject(error);
      return;
    }
    try {
      remember(outcome.relay);
      for (const entry of outcome.relay) {
        relay(entry.message);
        unrelayed.delete(entry.id);
      }
      for (const answer of outcome.answers) answer();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  function remember(entries: Outcome<T>["relay"]): void {
    for (const { id } of entries) unrelayed.add(id);
    for (const id of unrelayed) {
      if (unrelayed.size <= MAX_UNRELAYED) break;
      unrelayed.delete(id);
    }
  }

  function outcomeOf(id: Id, batch: readonly Waiting<T>[], current: Stored<T> | undefined): Outcome<T> {
    const before = current && freeze(current.document);
    const messages: Outgoing[] = [];
    const answers: (() => void)[] = [];
    let document: T | undefined = before;
    for (const { apply, resolve, reject } of batch) {
      try {
        const change = apply(document);
        document = change.next;
        messages.push(...(change.messages ?? []));
        answers.push(() => resolve(change.result));
      } catch (refusal) {
        answers.push(() => reject(refusal));
      }
    }
    if (document !== undefined && document !== before) document = checked(id, document);

    const added = messages.map((message) => ({ id: randomUUID(), message }));
    // Ours of earlier batches are relayed, but for those whose write or relay had failed; of others' we do not know.
    const kept = (current?.outbox ?? []).filter((entry) => entry.worker !== worker || unrelayed.has(entry.id));
    const left = kept
      .filter((entry) => entry.worker === worker)
      .map((entry) => ({ id: entry.id, message: JSON.parse(entry.message) as Outgoing }));
    const relay = [...left, ...added];
    if (document === before && messages.length === 0) return { write: "keep", relay, answers };
    if (document === undefined) return { write: "remove", relay, answers };
    const entries = added.map((entry) => ({ id: entry.id, worker, message: JSON.stringify(entry.message) }));
    return { write: { document, outbox: [...kept, ...entries] }, relay, answers };
  }

  function checked(id: Id, document: T): T {
    const stored = storable(schema.parse(document));
    if (stored.id !== id) throw new Error("a write cannot change the id of a document");
    return stored;
  }
}

/** The first of those that wait; a removal goes alone, since its record cannot keep the messages of the others. */
function takeBatch<T>(waiting: Waiting<T>[]): Waiting<T>[] {
  const removal = waiting.findIndex(({ kind }) => kind === "remove");
  return waiting.splice(0, removal === 0 ? 1 : removal > 0 ? Math.min(removal, MAX_BATCH) : MAX_BATCH);
}
