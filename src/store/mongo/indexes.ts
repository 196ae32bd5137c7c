import mongoose from "mongoose";
import type { Document } from "../collection.ts";
import type { Index } from "../declaration.ts";
import { keysOf, PENDING_FIELD, UNIQUE_PREFIX, uniqueField, uniqueValue } from "./filters.ts";
import { type MongoCollection, recordOf } from "./records.ts";

const NAMESPACE_NOT_FOUND = 26;

/**
 * Creates the indexes of a collection and returns the driver's collection, for reads and writes. The mongoose model declares
 * the indexes and no fields. The collection's own schema checks documents before they are written; a second schema would
 * only convert them.
 */
export async function prepareCollection(
  connection: mongoose.Connection,
  name: string,
  indexes: ReadonlyMap<string, Index>,
): Promise<MongoCollection> {
  const schema = new mongoose.Schema(
    { _id: mongoose.Schema.Types.Mixed },
    { collection: name, strict: false, id: false, versionKey: false, autoIndex: false, autoCreate: false },
  );
  const all = [...indexes.values()];
  const unique = all.filter((index) => index.unique);
  // Two declared indexes can have the same keys. MongoDB has an index of the id alone by itself.
  const keys = new Map(all.map(keysOf).map((one) => [Object.keys(one).join(), one]));
  keys.delete("_id");
  for (const one of keys.values()) schema.index(one);
  for (const index of unique) schema.index({ [uniqueField(index)]: 1 }, { unique: true });
  schema.index({ [PENDING_FIELD]: 1 }, { sparse: true });
  const model = connection.model(name, schema);
  const collection = model.collection as unknown as MongoCollection;
  await dropUndeclared(collection, unique);
  for (const index of unique) await writeUniqueField(collection, index);
  await model.createIndexes();
  return collection;
}

/**
 * Drops unique indexes that are no longer declared. Their field is no longer written, so they would refuse every second
 * document.
 */
async function dropUndeclared(collection: MongoCollection, unique: readonly Index[]): Promise<void> {
  const declared = new Set(unique.map(uniqueField));
  for (const { name, key } of await existingIndexes(collection)) {
    const field = Object.keys(key)[0] ?? "";
    if (!field.startsWith(UNIQUE_PREFIX) || declared.has(field)) continue;
    await collection.dropIndex(name);
    await collection.updateMany({}, { $unset: { [field]: "" } });
  }
}

/** Writes the field of a unique index to documents that were stored before the index was declared. */
async function writeUniqueField(collection: MongoCollection, index: Index): Promise<void> {
  const field = uniqueField(index);
  for await (const record of collection.find({ [field]: { $exists: false } })) {
    const { _id, _version } = record;
    const value = uniqueValue(index, recordOf<Document>(record).document);
    await collection.updateOne({ _id, _version }, { $set: { [field]: value } });
  }
}

async function existingIndexes(collection: MongoCollection): Promise<{ name: string; key: object }[]> {
  try {
    return (await collection.listIndexes().toArray()) as { name: string; key: object }[];
  } catch (error) {
    if (error instanceof mongoose.mongo.MongoServerError && error.code === NAMESPACE_NOT_FOUND) return [];
    throw error;
  }
}
