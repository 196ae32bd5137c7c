import type { Store } from "./collection.ts";
import { openEmbeddedStore } from "./embedded.ts";
import { openMongoStore } from "./mongo.ts";
import type { RelayOptions } from "./outboxes.ts";

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
