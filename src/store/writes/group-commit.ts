import type { z } from "zod";
import type { Clock } from "../../hub/clock.ts";
import type { Command } from "../../hub/commands.ts";
import { HubError, isError } from "../../hub/errors.ts";
import type { Message } from "../../hub/message.ts";
import type { Change, Collection, Document, Ensured, Id, PlainChange } from "../collection.ts";
import { isStorableId, storable } from "../storable.ts";
import { applyBatch, type BatchResult, type Write } from "./batch.ts";
import type { Markers } from "./markers.ts";
import type { Outboxes } from "./outboxes.ts";
import type { Records, Step } from "./record.ts";

export type Writes<T extends Document> = Pick<Collection<T>, "insert" | "ensure" | "modify" | "remove">;

export interface GroupCommit<T extends Document> extends Writes<T> {
  /**
   * Writes a record without the messages and marks that may leave it. Does nothing while writes of it are under way.
   */
  tidy(id: Id): Promise<void>;
}

export interface GroupCommitOptions<T extends Document> {
  readonly schema: z.ZodType<T>;
  readonly records: Pick<Records<T>, "update">;
  readonly outboxes: Outboxes;
  readonly markers: Markers;
  readonly clock: Clock;
}

/** The number of writes in a batch. It bounds the size of a record's outbox, and the time that one batch takes. */
const MAX_BATCH = 256;

/**
 * Makes the writes of a collection with group commit. Writes that wait for the same document are applied one after
 * another and written once, with their messages. After the commit the messages are relayed in the order of the changes,
 * then the writes resolve. A write that is refused, or whose document breaks the schema, rejects alone.
 */
export function groupCommit<T extends Document>(options: GroupCommitOptions<T>): GroupCommit<T> {
  const { schema, records, outboxes, markers, clock } = options;
  /** The writes that wait while a batch of their document is under way, by id. */
  const lanes = new Map<Id, Write<T>[]>();

  return {
    async insert(document, messages) {
      const { inserted } = await ensure(document, messages);
      if (!inserted) throw new HubError("conflict");
    },
    ensure,
    async modify<R>(id: Id, transition: (document: T) => Change<T, R> | PlainChange<T>, command?: Command): Promise<R> {
      const name = command?.step();
      if (!isStorableId(id)) throw new HubError("not_found");
      const apply: Write<T>["apply"] = (current) => {
        if (!current) throw new HubError("not_found");
        return transition(current);
      };
      return (await enqueue(id, "modify", apply, name)) as R;
    },
    async remove(id) {
      if (!isStorableId(id)) return false;
      const result = await enqueue(id, "remove", (current) => ({ next: undefined, result: current !== undefined }));
      return result as boolean;
    },
    async tidy(id) {
      if (!lanes.has(id)) await enqueue(id, "tidy", (current) => ({ next: current, result: undefined }));
    },
  };

  async function ensure(document: T, messages: readonly Message[] = []): Promise<Ensured<T>> {
    if (!isStorableId(document.id)) throw new Error("cannot store a document whose id is longer than 512 bytes");
    const apply: Write<T>["apply"] = (current) =>
      current
        ? { next: current, result: { document: current, inserted: false } }
        : { next: document, messages, result: { document, inserted: true } };
    return (await enqueue(document.id, "insert", apply)) as Ensured<T>;
  }

  function enqueue(id: Id, kind: Write<T>["kind"], apply: Write<T>["apply"], name?: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const one = { kind, name, apply, resolve, reject };
      const lane = lanes.get(id);
      if (lane) lane.push(one);
      else void run(id, [one]);
    });
  }

  async function run(id: Id, lane: Write<T>[]): Promise<void> {
    lanes.set(id, lane);
    await null; // Writes of the same tick go into the first batch.
    while (lane.length > 0) await commit(id, takeBatch(lane));
    lanes.delete(id);
  }

  /** Commits a batch. Never rejects: a failure rejects the writes of the batch. */
  async function commit(id: Id, batch: readonly Write<T>[]): Promise<void> {
    const check = (document: T): T => checked(id, document);
    let outcome: BatchResult<T> = { write: "keep", messages: [], earlier: [], marked: [], answers: [] };
    let leaving: ReadonlySet<string> = new Set();
    const step: Step<T> = (current) => {
      leaving = outboxes.leaving(id);
      outcome = applyBatch(batch, current, { leaving, now: clock.now(), check });
      return outcome.write;
    };
    try {
      await records.update(id, step, batch[0]?.kind === "insert");
    } catch (error) {
      // One of them used a unique value that is taken, or broke the schema. Committed alone, each gets its own result.
      // After `unavailable` the batch may be written. Its messages are then in the outbox, and relayed from there.
      if (!isError(error, "unavailable") && batch.length > 1) for (const one of batch) await commit(id, [one]);
      else for (const { reject } of batch) reject(error);
      return;
    }
    const { write, messages, earlier, marked, answers } = outcome;
    if (write !== "keep" || batch.some(({ kind }) => kind === "tidy")) outboxes.left(id, leaving);
    for (const one of marked) markers.place(one, clock.now(), () => outboxes.leave(id, [one]));
    if (messages.length > 0) await outboxes.relay(id, messages, earlier);
    for (const answer of answers) answer();
  }

  function checked(id: Id, document: T): T {
    const stored = storable(schema.parse(document));
    if (stored.id !== id) throw new Error("a write cannot change the id of a document");
    return stored;
  }
}

/**
 * Takes the next batch of the waiting writes. A removal is a batch of its own: it leaves no record for the others'
 * messages.
 */
function takeBatch<T>(waiting: Write<T>[]): Write<T>[] {
  const removal = waiting.findIndex(({ kind }) => kind === "remove");
  return waiting.splice(0, removal === 0 ? 1 : removal > 0 ? Math.min(removal, MAX_BATCH) : MAX_BATCH);
}
