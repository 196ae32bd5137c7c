import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Message } from "../../../src/hub/message.ts";
import { type Collection, defineCollection, type Store } from "../../../src/store/collection.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { isFast, startMongo } from "../../support/mongo.ts";

/** Where a store keeps its data, in a form that can be handed to another process. */
export interface Location {
  readonly mongodbUrl?: string;
  readonly dataDir: string;
}

/** The store under test. Its properties hold once mocha's `before` hooks have run. */
export interface Bench {
  readonly location: Location;
  readonly store: Store;
  /** An empty place for stores of a test's own. */
  elsewhere(): Promise<Location>;
  /** What the store has relayed since the test began. */
  readonly relayed: Message[];
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

export function aMessage(type: string, payload: Record<string, unknown> = {}): Message {
  return { namespace: "/things", rooms: ["all"], type, payload, delivery: "log", key: undefined };
}

/** Runs the same specs on every database there is; one that cannot be had is reported with the reason. */
export function onEveryStore(specs: (bench: Bench) => void): void {
  describe("store contract on the embedded database", () => {
    run(specs, async () => {
      const folder = await mkdtemp(join(tmpdir(), "junction-store-"));
      return { location: { dataDir: folder }, stop: () => rm(folder, { recursive: true }) };
    });
  });

  if (isFast) return;
  describe("store contract on MongoDB", () => {
    run(specs, async (context) => {
      const mongo = await startMongo();
      if ("skipped" in mongo) {
        console.log(`    skipped: ${mongo.skipped}`);
        return context.skip();
      }
      return { location: { mongodbUrl: mongo.url, dataDir: "" }, stop: mongo.stop };
    });
  });
}

interface Place {
  readonly location: Location;
  stop(): Promise<void>;
}

function run(specs: (bench: Bench) => void, start: (context: Mocha.Context) => Promise<Place>): void {
  const relayed: Message[] = [];
  const places: Place[] = [];
  let context: Mocha.Context | undefined;
  let location: Location | undefined;
  let store: Store | undefined;
  let collections = 0;

  before(async function () {
    // The server may have to be built.
    this.timeout(400_000);
    context = this;
    location = await place();
    const relay: Relay = async (messages) => {
      relayed.push(...messages.map(({ message }) => message));
      return {};
    };
    store = await openStore({ ...location, relay, clock: new ManualClock() });
  });
  beforeEach(() => {
    relayed.length = 0;
  });
  after(async () => {
    await store?.close();
    for (const { stop } of places) await stop();
  });

  specs({
    get location() {
      return location!;
    },
    get store() {
      return store!;
    },
    elsewhere: place,
    relayed,
    async things() {
      const name = `things${++collections}`;
      return { name, things: await store!.collection(declareThings(name)) };
    },
  });

  async function place(): Promise<Location> {
    const place = await start(context!);
    places.push(place);
    return place.location;
  }
}
