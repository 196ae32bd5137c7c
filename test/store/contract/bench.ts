import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Outgoing } from "../../../src/hub/publish.ts";
import { type Collection, defineCollection, type Store } from "../../../src/store/collection.ts";
import { openStore } from "../../../src/store/open.ts";
import { startMongo } from "../../support/mongo.ts";

/** Where a store keeps its data, in a form that can be handed to another process. */
export interface Location {
  readonly mongodbUrl?: string;
  readonly dataDir: string;
}

/** The store under test. Its properties hold once mocha's `before` hooks have run. */
export interface Bench {
  readonly location: Location;
  readonly store: Store;
  /** What the store has relayed since the test began. */
  readonly relayed: Outgoing[];
  /** A collection that no other test knows, and its name. */
  things(): Promise<{ name: string; things: Things }>;
}

/** A document with a field of every kind that an index can be of. */
export const thing = z.object({
  id: z.union([z.number(), z.string()]),
  kind: z.string(),
  rank: z.number().nullable().optional(),
  flag: z.boolean().optional(),
  phone: z.string().nullable().optional(),
  tags: z.array(z.string()),
  count: z.number(),
  extra: z.unknown().optional(),
});

export type Thing = z.infer<typeof thing>;

export function declareThings(name: string) {
  return defineCollection({
    name,
    schema: thing,
    indexes: {
      byKind: { fields: ["kind", "rank"] },
      newest: { fields: ["kind"], order: "rank" },
      byRank: { fields: ["rank"] },
      byFlag: { fields: ["flag"] },
      byTag: { fields: ["tags"] },
      byTagNewest: { fields: ["tags"], order: "rank" },
      byTagAndKind: { fields: ["tags", "kind"] },
      byPhone: { fields: ["phone"], unique: true },
      byKindAndPhone: { fields: ["kind", "phone"], unique: true },
      byId: { fields: ["id"] },
      byFlagAndId: { fields: ["flag"], order: "id" },
    },
  });
}

export type Things = Collection<Thing, keyof ReturnType<typeof declareThings>["indexes"]>;

export function aThing(id: number | string, fields: Partial<Thing> = {}): Thing {
  return { id, kind: "box", tags: [], count: 0, ...fields };
}

export function aMessage(type: string, payload: Record<string, unknown> = {}): Outgoing {
  return { namespace: "/things", rooms: ["all"], type, payload, delivery: "log", key: undefined };
}

/** Runs the same specs on every database there is; one that cannot be had is reported with the reason. */
export function onEveryStore(specs: (bench: Bench) => void): void {
  describe("store contract on the embedded database", () => {
    let folder = "";
    run(
      specs,
      async () => {
        folder = await mkdtemp(join(tmpdir(), "junction-store-"));
        return { dataDir: folder };
      },
      () => rm(folder, { recursive: true }),
    );
  });

  describe("store contract on MongoDB", () => {
    let drop = async (): Promise<void> => {};
    run(
      specs,
      async (context) => {
        const mongo = await startMongo();
        if ("skipped" in mongo) {
          console.log(`    skipped: ${mongo.skipped}`);
          return context.skip();
        }
        drop = mongo.stop;
        return { mongodbUrl: mongo.url, dataDir: "" };
      },
      () => drop(),
    );
  });
}

function run(
  specs: (bench: Bench) => void,
  start: (context: Mocha.Context) => Promise<Location>,
  stop: () => Promise<void>,
): void {
  const relayed: Outgoing[] = [];
  let location: Location | undefined;
  let store: Store | undefined;
  let collections = 0;

  before(async function () {
    // The server may have to be built.
    this.timeout(400_000);
    location = await start(this);
    store = await openStore({ ...location, relay: (message) => relayed.push(message) });
  });
  beforeEach(() => {
    relayed.length = 0;
  });
  after(async () => {
    await store?.close();
    await stop();
  });

  specs({
    get location() {
      return location!;
    },
    get store() {
      return store!;
    },
    relayed,
    async things() {
      const name = `things${++collections}`;
      return { name, things: await store!.collection(declareThings(name)) };
    },
  });
}
