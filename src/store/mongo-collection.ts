import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type mongoose from "mongoose";
import { HubError } from "../hub/errors.ts";
import type { Document, Id } from "./collection.ts";
import type { Index } from "./declaration.ts";
import type { OutboxEntry, Records, Step, Stored } from "./group-commit.ts";
import { isAnswerLost, isDuplicate, reach, storeError } from "./mongo-errors.ts";
import { uniqueField, uniqueValue } from "./mongo-query.ts";

/** A document in the database: its fields, and the store's own, which begin with `_`. */
export interface MongoRecord {
  readonly _id: Id;
  /** Names the write that made this state, so that no two states of a document are ever taken for each other. */
  readonly _version: string;
  readonly _outbox: readonly OutboxEntry[];
  readonly [field: string]: unknown;
}

export type MongoCollection = mongoose.mongo.Collection<MongoRecord>;

/** How often a write that others keep overtaking is tried; with eight workers on one document it is lost once in a million. */
const MAX_TRIES = 100;
const MAX_PAUSE_MS = 32;

/** The records of one collection; of the writers of a record, the one that finds it as it has read it wins. */
export class MongoRecords<T extends Document> implements Records<T> {
  readonly #collection: MongoCollection;
  readonly #unique: readonly Index[];

  constructor(collection: MongoCollection, indexes: ReadonlyMap<string, Index>) {
    this.#collection = collection;
    this.#unique = [...indexes.values()].filter(({ unique }) => unique);
  }

  async update(id: Id, step: Step<T>, likelyNew: boolean): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const current = likelyNew && tries === 0 ? undefined : await this.#read(id);
      const next = step(current && { document: documentOf<T>(current), outbox: current._outbox });
      if (next === "keep") return;
      if (await this.#write(id, current, next)) return;
      await sleep(Math.random() * Math.min(2 ** tries, MAX_PAUSE_MS));
    }
    throw new HubError("unavailable");
  }

  /** Writes over `current`; false when the record is no longer that. */
  async #write(id: Id, current: MongoRecord | undefined, next: Stored<T> | "remove"): Promise<boolean> {
    const record = next === "remove" ? undefined : this.#recordOf(next);
    try {
      if (!current) {
        if (record) await this.#collection.insertOne(record);
        return true;
      }
      const same = { _id: id, _version: current._version };
      if (!record) return (await this.#collection.deleteOne(same)).deletedCount === 1;
      return (await this.#collection.replaceOne(same, record)).matchedCount === 1;
    } catch (error) {
      if (isDuplicate(error)) {
        if (!current && (await this.#read(id))) return false;
        throw new HubError("conflict");
      }
      // Where the answer was lost the write may have been done: the record tells, unless somebody has written since.
      if (isAnswerLost(error) && (await this.#read(id))?._version === record?._version) return true;
      throw storeError(error);
    }
  }

  async #read(id: Id): Promise<MongoRecord | undefined> {
    return (await reach(() => this.#collection.findOne({ _id: id }))) ?? undefined;
  }

  #recordOf({ document, outbox }: Stored<T>): MongoRecord {
    const { id, ...fields } = document;
    const unique = this.#unique.map((index) => [uniqueField(index), uniqueValue(index, document)]);
    return { _id: id, _version: randomUUID(), ...fields, ...Object.fromEntries(unique), _outbox: outbox };
  }
}

/** The document of a record: its `_id` as `id`, without the store's own fields. */
export function documentOf<T extends Document>(record: Pick<MongoRecord, "_id">): T {
  const fields = Object.entries(record).filter(([name]) => !name.startsWith("_"));
  return { id: record._id, ...Object.fromEntries(fields) } as unknown as T;
}
