import type { Collection, CollectionDeclaration, Document, Store } from "../collection.ts";
import { indexesOf } from "../declaration.ts";
import { page, selection } from "../query.ts";
import { isStorableId } from "../storable.ts";
import { createInsertNext } from "../writes/insert-next.ts";
import { documentOf } from "../writes/record.ts";
import { Upkeep, type WriteOptions } from "../writes/upkeep.ts";
import { EmbeddedDatabase } from "./database.ts";
import { countEntries, findEntries, type QueryTarget } from "./find.ts";
import { component, indexPrefix } from "./keys.ts";
import { EmbeddedLog } from "./log.ts";
import { EmbeddedRecords } from "./records.ts";

export interface EmbeddedOptions extends WriteOptions {
  /** Where the data lies; made when it is not there. The workers of one machine share it, each opening it once. */
  readonly folder: string;
}

/** Opens the embedded database, LMDB. Rejects with an `Error` when the folder cannot be used. */
export async function openEmbeddedStore({ folder, ...options }: EmbeddedOptions): Promise<Store> {
  const database = await EmbeddedDatabase.open(folder);
  const upkeep = new Upkeep(options);
  const log = new EmbeddedLog(database, options.clock);
  const declared = new Set<string>();

  return {
    description: `embedded database in ${folder}`,
    async collection<T extends Document, I extends string>(declaration: CollectionDeclaration<T, I>) {
      const indexes = indexesOf(declaration);
      if (declared.has(declaration.name)) throw new Error(`collection ${declaration.name} is declared twice`);
      declared.add(declaration.name);
      const records = new EmbeddedRecords(database, declaration, indexes);
      await records.prepare();
      const targetOf = (index: string): QueryTarget => ({
        database,
        collection: component(declaration.name),
        index: indexPrefix(declaration.name, index),
      });
      const collection: Omit<Collection<T, I>, "insertNext"> = {
        ...upkeep.writes(declaration.schema, records),
        async get(id) {
          const record = isStorableId(id) ? database.read(() => records.get(id)) : undefined;
          return record && documentOf(record);
        },
        async find(index, query) {
          const selected = selection(indexes.get(index), query);
          return database.read(() => findEntries<T>(targetOf(index), selected, page(query)));
        },
        async count(index, query) {
          const selected = selection(indexes.get(index), query);
          return database.read(() => countEntries(targetOf(index), selected));
        },
      };
      return { ...collection, insertNext: createInsertNext({ indexes, log, collection }) };
    },
    async next(sequence) {
      const key = component(sequence);
      return database.transaction(() => {
        const number = (database.sequences.get(key) ?? 0) + 1;
        database.sequences.put(key, number);
        return number;
      });
    },
    log,
    async ping() {
      database.read(() => {});
    },
    forget: (steps) => upkeep.forget(steps),
    relayTo: (target) => upkeep.relayTo(target),
    async close() {
      await upkeep.close();
      await database.close();
    },
  };
}
