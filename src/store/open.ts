import type { Relay, Store } from "./collection.ts";
import { openEmbeddedStore } from "./embedded.ts";
import { openMongoStore } from "./mongo.ts";

export interface StoreOptions {
  /** MongoDB, when given. */
  readonly mongodbUrl?: string | undefined;
  /** The folder of the embedded database, otherwise. */
  readonly dataDir: string;
  readonly relay: Relay;
}

/** Opens the store that the configuration asks for; rejects when it cannot be had. */
export function openStore({ mongodbUrl, dataDir, relay }: StoreOptions): Promise<Store> {
  return mongodbUrl === undefined
    ? openEmbeddedStore({ folder: dataDir, relay })
    : openMongoStore({ url: mongodbUrl, relay });
}
