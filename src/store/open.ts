import type { Store } from "./collection.ts";
import { openEmbeddedStore } from "./embedded/store.ts";
import { openMongoStore } from "./mongo/store.ts";
import type { RelayOptions } from "./writes/outboxes.ts";

export interface StoreOptions extends RelayOptions {
  /** The URL of MongoDB. Absent for the embedded database. */
  readonly mongodbUrl?: string | undefined;
  /** The folder of the embedded database. */
  readonly dataDir: string;
}

/** Opens the configured store. Rejects when its database is unavailable. */
export function openStore({ mongodbUrl, dataDir, ...options }: StoreOptions): Promise<Store> {
  return mongodbUrl === undefined
    ? openEmbeddedStore({ folder: dataDir, ...options })
    : openMongoStore({ url: mongodbUrl, ...options });
}
