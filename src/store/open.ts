import type { Store } from "./collection.ts";
import { openEmbeddedStore } from "./embedded/store.ts";
import { openMongoStore } from "./mongo/store.ts";
import type { RelayOptions } from "./writes/outboxes.ts";

export interface StoreOptions extends RelayOptions {
  /** MongoDB, when given. */
  readonly mongodbUrl?: string | undefined;
  /** The folder of the embedded database, otherwise. */
  readonly dataDir: string;
}

/** Opens the store that the configuration asks for; rejects when it cannot be had. */
export function openStore({ mongodbUrl, dataDir, ...options }: StoreOptions): Promise<Store> {
  return mongodbUrl === undefined
    ? openEmbeddedStore({ folder: dataDir, ...options })
    : openMongoStore({ url: mongodbUrl, ...options });
}
