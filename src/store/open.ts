import type { Store } from "./collection.ts";
import { openEmbeddedStore } from "./embedded/store.ts";
import type { WriteOptions } from "./writes/upkeep.ts";

export interface StoreOptions extends WriteOptions {
  /** MongoDB, when given. */
  readonly mongodbUrl?: string | undefined;
  /** The folder of the embedded database. */
  readonly dataDir: string;
}

/** Opens the configured store. Rejects, with nothing left open, when the database cannot be opened. */
export async function openStore({ mongodbUrl, dataDir, ...options }: StoreOptions): Promise<Store> {
  if (mongodbUrl === undefined) return openEmbeddedStore({ folder: dataDir, ...options });
  // Loading mongoose takes a good part of a start, which a hub without MongoDB is spared.
  const { openMongoStore } = await import("./mongo/store.ts");
  return openMongoStore({ url: mongodbUrl, ...options });
}
