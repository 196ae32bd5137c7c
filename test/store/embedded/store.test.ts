import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { defineCollection, type Store } from "../../../src/store/collection.ts";
import { EmbeddedDatabase } from "../../../src/store/embedded/database.ts";
import { documentKey } from "../../../src/store/embedded/keys.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/store.ts";
import { originOf } from "../../../src/store/writes/origin.ts";
import type { Relay } from "../../../src/store/writes/relay.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { aMessage, aThing, declareThings } from "../contract/bench.ts";
import { refusalOf, rejection } from "../contract/documents.ts";

const schema = z.object({ id: z.number(), name: z.string(), age: z.number() });
const people = defineCollection({ name: "people", schema, indexes: { byName: { fields: ["name"] } } });

describe("the embedded store", () => {
  let folder = "";
  let opened: Store[] = [];

  async function open(at = folder): Promise<Store> {
    const store = await openEmbeddedStore({ folder: at, relay: async () => ({}), clock: new ManualClock() });
    opened.push(store);
    return store;
  }

  /** Opens the store for one action, as a worker that is started and stopped does. */
  async function once<R>(action: (store: Store) => Promise<R>): Promise<R> {
    const store = await open();
    return action(store).finally(() => store.close());
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "junction-embedded-"));
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    opened = [];
    await rm(folder, { recursive: true });
  });

  it("says where it is", async () => {
    expect((await open()).description).to.equal(`embedded database in ${folder}`);
  });

  it("makes the folder, and finds again what was stored there", async () => {
    const deep = join(folder, "not", "there", "yet");
    const first = await open(deep);
    await (await first.collection(people)).insert({ id: 1, name: "Ada", age: 36 });
    expect(await first.next("people")).to.equal(1);
    await first.close();
    const second = await open(deep);
    expect(await (await second.collection(people)).get(1)).to.deep.equal({ id: 1, name: "Ada", age: 36 });
    expect(await second.next("people")).to.equal(2);
  });

  it("takes a folder whose name has a dot in it", async () => {
    const store = await open(await mkdtemp(join(folder, "tmp.")));
    expect(await store.next("people")).to.equal(1);
  });

  it("is opened once per process, by whatever name", async () => {
    await open();
    expect((await rejection(open())).message).to.include("already open in this process");
    await symlink(folder, `${folder}-link`);
    expect((await rejection(open(`${folder}-link`))).message).to.include("already open in this process");
    await rm(`${folder}-link`);
  });

  it("knows each collection once", async () => {
    const store = await open();
    await store.collection(people);
    expect((await rejection(store.collection(people))).message).to.include("declared twice");
  });

  it("takes no more after it is closed, having finished what was under way", async () => {
    const store = await open();
    const things = await store.collection(declareThings("things"));
    const numbers = Promise.all([store.next("n"), store.next("n")]);
    await store.close();
    expect(await numbers).to.deep.equal([1, 2]);
    const attempts = [
      store.ping(),
      store.next("n"),
      things.get(1),
      things.insert(aThing(1)),
      things.remove(1),
      things.find("byId", { limit: 1 }),
    ];
    expect(await Promise.all(attempts.map(refusalOf))).to.deep.equal(attempts.map(() => "unavailable"));
    await store.close();
  });

  it("makes the entries of an index that is declared later, anew when declared otherwise", async () => {
    await once(async (store) => {
      const collection = await store.collection(people);
      await collection.insert({ id: 1, name: "Ada", age: 36 });
      await collection.insert({ id: 2, name: "Bob", age: 20 });
    });
    const byAge = { byAge: { fields: ["age"] } } as const;
    await once(async (store) => {
      const collection = await store.collection(defineCollection({ name: "people", schema, indexes: byAge }));
      expect((await collection.find("byAge", { limit: 9 })).map(({ id }) => id)).to.deep.equal([2, 1]);
      // While byName is not declared, its entries are not kept.
      await collection.modify(1, (one) => ({ next: { ...one, name: "Zoe" }, result: 0 }));
      await collection.remove(2);
    });
    await once(async (store) => {
      const collection = await store.collection(people);
      expect(await collection.count("byName", { equals: ["Ada"] })).to.equal(0);
      expect((await collection.find("byName", { limit: 9 })).map(({ id }) => id)).to.deep.equal([1]);
    });
    await once(async (store) => {
      const otherwise = { byName: { fields: ["age"] } } as const;
      const collection = await store.collection(defineCollection({ name: "people", schema, indexes: otherwise }));
      expect(await collection.count("byName", { equals: [36] })).to.equal(1);
      expect(await collection.count("byName", {})).to.equal(1);
    });
  });

  it("takes records of the time before versions, whose messages were all relayed", async () => {
    const database = await EmbeddedDatabase.open(folder);
    const old = { id: "x", worker: "w", message: JSON.stringify(aMessage("relayed long ago")) };
    const record = { document: { id: 1, name: "Ada", age: 36 }, outbox: [old] };
    await database.transaction(() => database.documents.put(documentKey("people", 1), record));
    await database.close();
    const calls: Parameters<Relay>[] = [];
    const relay: Relay = async (...call) => {
      calls.push(call);
      return {};
    };
    const store = await openEmbeddedStore({ folder, relay, clock: new ManualClock() });
    opened.push(store);
    const collection = await store.collection(people);
    expect(originOf((await collection.find("byName", { limit: 1 }))[0]!)).to.deep.equal({ version: 0, pending: [] });
    await collection.modify(1, (one) => ({ next: { ...one, age: 37 }, messages: [aMessage("older")], result: 0 }));
    expect(calls.map(([own, earlier]) => [own.map(({ message }) => message.type), earlier])).to.eql([[["older"], []]]);
    expect(originOf((await collection.get(1))!).pending).to.have.length(1);
  });

  it("refuses a unique index over documents that break it, and is as it was before", async () => {
    await once(async (store) => {
      const collection = await store.collection(people);
      for (const id of [1, 2]) await collection.insert({ id, name: "Ada", age: id });
    });
    const unique = { byName: { fields: ["name"], unique: true }, byAge: { fields: ["age"] } } as const;
    await once(async (store) => {
      const declared = store.collection(defineCollection({ name: "people", schema, indexes: unique }));
      expect((await rejection(declared)).message).to.include("index byName: stored documents are not unique");
    });
    await once(async (store) => {
      expect(await (await store.collection(people)).count("byName", { equals: ["Ada"] })).to.equal(2);
    });
  });
});
