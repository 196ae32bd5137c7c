import type { Store } from "./collection.ts";
import { openEmbeddedStore } from "./embedded/store.ts";
import { openMongoStore } from "./mongo/store.ts";
import type { WriteOptions } from "./writes/upkeep.ts";

export interface StoreOptions extends WriteOptions {
  /** MongoDB, when given. */
  readonly mongodbUrl?: string | undefined;
  /** The folder of the embedded database. */
  readonly dataDir: string;
}

/** Opens the configured store. Rejects, with nothing left open, when the database cannot be opened. */
export function openStore({ mongodbUrl, dataDir, ...options }: StoreOptions): Promise<Store> {
  return mongodbUrl === undefined
    ? openEmbeddedStore({ folder: dataDir, ...options })
    : openMongoStore({ url: mongodbUrl, ...options });
}
