import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type mongoose from "mongoose";
import { HubError } from "../../hub/errors.ts";
import type { Document, Id } from "../collection.ts";
import type { Index } from "../declaration.ts";
import {
  type Marker,
  type Outbox,
  type OutboxEntry,
  pendingSince,
  type Records,
  type Step,
  type Stored,
  storedOf,
} from "../writes/record.ts";
import { isAnswerLost, isDuplicate, reach, storeError } from "./errors.ts";
import { PENDING_FIELD, uniqueField, uniqueValue } from "./filters.ts";

/** A document in the database: its own fields, and those of the store, which begin with `_`. */
export interface MongoRecord {
  readonly _id: Id;
  /** Identifies the write that made this state, so that no two states of a document are confused. */
  readonly _version: string;
  /** The `version` of the document. Absent in records that are older than versions. */
  readonly _revision?: number;
  readonly _outbox: readonly OutboxEntry[];
  /** Absent when it was not requested. */
  readonly _commands?: readonly Marker[];
  /** The time of the oldest message of the outbox; epoch milliseconds. Absent when the outbox is empty. */
  readonly [PENDING_FIELD]?: number;
  readonly [field: string]: unknown;
}

export type MongoCollection = mongoose.mongo.Collection<MongoRecord>;

/** Tries of a write that conflicts with writes of others. With eight workers on one document, one write in a million fails. */
const MAX_TRIES = 100;
/** Milliseconds between two tries, at most. */
const MAX_PAUSE_MS = 32;

/** The records of one collection. Writes are optimistic: one succeeds only if the record is still as it was read. */
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
      const next = step(current && recordOf<T>(current));
      if (next === "keep") return;
      if (await this.#write(id, current, next)) return;
      await sleep(Math.random() * Math.min(2 ** tries, MAX_PAUSE_MS));
    }
    throw new HubError("unavailable");
  }

  async pending(until: number, limit: number): Promise<Outbox[]> {
    const options = { projection: { _outbox: 1 }, sort: { [PENDING_FIELD]: 1 }, limit } as const;
    const found = await reach(() => this.#collection.find({ [PENDING_FIELD]: { $lte: until } }, options).toArray());
    return found.map(({ _id, _outbox }) => ({ id: _id, outbox: _outbox }));
  }

  /** Replaces or removes `current`, or inserts. Resolves to false when the record has changed since it was read. */
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
      // When the answer was lost the write may have been done. The record shows it, unless it has been written since.
      if (isAnswerLost(error) && (await this.#read(id))?._version === record?._version) return true;
      throw storeError(error);
    }
  }

  async #read(id: Id): Promise<MongoRecord | undefined> {
    return (await reach(() => this.#collection.findOne({ _id: id }))) ?? undefined;
  }

  #recordOf({ document, version, outbox, commands }: Stored<T>): MongoRecord {
    const { id, ...fields } = document;
    const unique = this.#unique.map((index) => [uniqueField(index), uniqueValue(index, document)]);
    const since = pendingSince(outbox);
    return {
      _id: id,
      _version: randomUUID(),
      _revision: version,
      ...fields,
      ...Object.fromEntries(unique),
      _outbox: outbox,
      _commands: commands,
      ...(since !== undefined && { [PENDING_FIELD]: since }),
    };
  }
}

/** Converts a record of the database to the store's form: the document with its `_id` as `id`. */
export function recordOf<T extends Document>(record: MongoRecord): Stored<T> {
  const { _id: id, _revision: version, _outbox: outbox, _commands: commands = [] } = record;
  const fields = Object.entries(record).filter(([name]) => !name.startsWith("_"));
  const document = { id, ...Object.fromEntries(fields) } as unknown as T;
  return storedOf(version === undefined ? { document } : { document, version, outbox, commands });
}
