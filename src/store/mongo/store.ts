import mongoose from "mongoose";
import type { Collection, CollectionDeclaration, Document, Store } from "../collection.ts";
import { indexesOf } from "../declaration.ts";
import { gate } from "../gate.ts";
import { page, selection } from "../query.ts";
import { isStorableId } from "../storable.ts";
import { createInsertNext } from "../writes/insert-next.ts";
import { documentOf, type Records } from "../writes/record.ts";
import { Upkeep, type WriteOptions } from "../writes/upkeep.ts";
import { isDuplicate, reach } from "./errors.ts";
import { isFerretDb } from "./ferretdb.ts";
import { MongoFinder } from "./find.ts";
import { prepareCollection } from "./indexes.ts";
import { MongoLog } from "./log.ts";
import { MongoRecords, recordOf } from "./records.ts";
import { sequences } from "./sequences.ts";

export interface MongoOptions extends WriteOptions {
  /** `mongodb://` or `mongodb+srv://`, with the name of the database in its path. */
  readonly url: string;
}

/** Options of the connection that keep the promises of the store. They override those of the URL. */
const CONNECTION = {
  autoIndex: false,
  autoCreate: false,
  bufferCommands: false,
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  // A server that does not answer within this time is unavailable, not slow.
  socketTimeoutMS: 10_000,
  // Every worker reads the writes of every other, and a write survives the loss of the server that acknowledged it.
  readPreference: "primary",
  writeConcern: { w: "majority", journal: true },
} as const;

/** The collection of the sequences. No declared collection can have this name. */
const SEQUENCES = "_sequences";

/**
 * Connects to MongoDB. Rejects with `HubError("unavailable")` when no server answers within some seconds, and with an `Error`
 * when the URL is malformed.
 */
export async function openMongoStore({ url, ...options }: MongoOptions): Promise<Store> {
  const connection = await connect(url);
  try {
    return await storeOn(connection, options);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function storeOn(connection: mongoose.Connection, options: WriteOptions): Promise<Store> {
  const client = connection.getClient();
  const { hosts, dbName } = client.options;
  const database = client.db(dbName);
  const onFerretDb = await reach(() => isFerretDb(database));
  const declared = new Set<string>();
  // Without it, the driver would connect again for an operation after `close`.
  const open = gate();
  const run = <R>(operation: () => Promise<R>): Promise<R> => open.run(() => reach(operation));
  const log = await MongoLog.open(database, options.clock, run);
  const upkeep = new Upkeep(options);

  return {
    description: `MongoDB at ${hosts.join(",")}/${dbName}`,
    async collection<T extends Document, I extends string>(declaration: CollectionDeclaration<T, I>) {
      const indexes = indexesOf(declaration);
      if (declared.has(declaration.name)) throw new Error(`collection ${declaration.name} is declared twice`);
      declared.add(declaration.name);
      const records = await run(() => prepareCollection(connection, declaration.name, indexes));
      const writer = new MongoRecords<T>(records, indexes);
      const finder = new MongoFinder<T>(records, onFerretDb);
      const gated: Records<T> = {
        update: (...write) => run(() => writer.update(...write)),
        pending: (...query) => run(() => writer.pending(...query)),
      };
      const collection: Omit<Collection<T, I>, "insertNext"> = {
        ...upkeep.writes(declaration.schema, gated),
        async get(id) {
          if (!isStorableId(id)) return undefined;
          const record = await run(() => records.findOne({ _id: id }, { projection: { _commands: 0 } }));
          return record ? documentOf(recordOf<T>(record)) : undefined;
        },
        async find(index, query) {
          const selected = selection(indexes.get(index), query);
          const selectedPage = page(query);
          return run(() => finder.find(selected, selectedPage));
        },
        async count(index, query) {
          const selected = selection(indexes.get(index), query);
          return run(() => finder.count(selected));
        },
      };
      return { ...collection, insertNext: createInsertNext({ indexes, log, collection }) };
    },
    next: sequences((sequence, count) => run(() => advance(database, sequence, count))),
    log,
    async ping() {
      await run(() => database.command({ ping: 1 }));
    },
    forget: (steps) => upkeep.forget(steps),
    relayTo: (target) => upkeep.relayTo(target),
    async close() {
      await upkeep.close();
      await open.close();
      await connection.close();
    },
  };
}

/** Advances a sequence by `count` and resolves to its new last number. */
async function advance(database: mongoose.mongo.Db, sequence: string, count: number): Promise<number> {
  const increment = () =>
    database
      .collection<{ _id: string; value: number }>(SEQUENCES)
      .findOneAndUpdate({ _id: sequence }, { $inc: { value: count } }, { upsert: true, returnDocument: "after" });
  // When two workers begin a sequence at once, one of them fails as a duplicate. Its second try finds the sequence.
  const record = await increment().catch((error: unknown) => {
    if (isDuplicate(error)) return increment();
    throw error;
  });
  if (!record) throw new Error(`MongoDB returned no number for sequence ${sequence}`);
  return record.value;
}

async function connect(url: string): Promise<mongoose.Connection> {
  try {
    return await reach(() => mongoose.createConnection(url, CONNECTION).asPromise());
  } catch (error) {
    // The parser's message could repeat the URL, which may contain a password.
    if (error instanceof mongoose.mongo.MongoParseError)
      throw new Error("the MongoDB URL is malformed: check MONGODB_URL");
    throw error;
  }
}
