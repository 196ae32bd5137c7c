import mongoose from "mongoose";
import type { Document } from "../collection.ts";
import type { Index } from "../declaration.ts";
import { keysOf, PENDING_FIELD, UNIQUE_PREFIX, uniqueField, uniqueValue } from "./filters.ts";
import { type MongoCollection, recordOf } from "./records.ts";

const NAMESPACE_NOT_FOUND = 26;

/**
 * The mongoose model of a collection with its indexes made. The model declares the indexes and no fields: documents are
 * checked by the collection's own schema before they are written, and a second one would only convert them.
 * The driver's collection is what is read and written by.
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
  // Two declared indexes can come to the same one; MongoDB has one of the id alone.
  const keys = new Map(all.map(keysOf).map((one) => [Object.keys(one).join(), one]));
  keys.delete("_id");
  for (const one of keys.values()) schema.index(one);
  for (const index of unique) schema.index({ [uniqueField(index)]: 1 }, { unique: true });
  schema.index({ [PENDING_FIELD]: 1 }, { sparse: true });
  const model = connection.model(name, schema);
  const collection = model.collection as unknown as MongoCollection;
  await dropUndeclared(collection, unique);
  for (const index of unique) await fillIn(collection, index);
  await model.createIndexes();
  return collection;
}

/** A unique index that is no longer declared would refuse every second document, since nobody fills its field. */
async function dropUndeclared(collection: MongoCollection, unique: readonly Index[]): Promise<void> {
  const declared = new Set(unique.map(uniqueField));
  for (const { name, key } of await existingIndexes(collection)) {
    const field = Object.keys(key)[0] ?? "";
    if (!field.startsWith(UNIQUE_PREFIX) || declared.has(field)) continue;
    await collection.dropIndex(name);
    await collection.updateMany({}, { $unset: { [field]: "" } });
  }
}

/** Gives the documents that were stored before the index was declared the field it is made of. */
async function fillIn(collection: MongoCollection, index: Index): Promise<void> {
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
