import { expect } from "chai";
import mongoose from "mongoose";
import { z } from "zod";
import type { Message } from "../../../src/hub/message.ts";
import { defineCollection, type Store } from "../../../src/store/collection.ts";
import { openMongoStore } from "../../../src/store/mongo/store.ts";
import { originOf } from "../../../src/store/writes/origin.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { startMongo } from "../../support/mongo.ts";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import { aMessage, aThing, declareThings } from "../contract/bench.ts";
import { refusalOf, rejection } from "../contract/documents.ts";

describe("the MongoDB store", () => {
  let url = "";
  let drop = async (): Promise<void> => {};
  let proxy: TcpProxy;
  let store: Store;
  const clock = new ManualClock();
  const relayed: Message[] = [];
  const earlier: Message[] = [];

  before(async function () {
    this.timeout(400_000);
    const mongo = await startMongo();
    if ("skipped" in mongo) {
      console.log(`    skipped: ${mongo.skipped}`);
      return this.skip();
    }
    url = mongo.url;
    drop = mongo.stop;
    const direct = await mongoose.createConnection(url).asPromise();
    const { host, port } = direct;
    await direct.close();
    proxy = await startTcpProxy({ host, port });
    const through = url.replace(/(\/\/|@)[^/@]+\//, (_, before) => `${before}127.0.0.1:${proxy.port}/`);
    const separator = through.includes("?") ? "&" : "?";
    store = await openMongoStore({
      url: `${through}${separator}directConnection=true`,
      relay: async (messages, before) => {
        relayed.push(...messages.map(({ message }) => message));
        earlier.push(...before.map(({ message }) => message));
        return {};
      },
      clock,
    });
  });

  after(async () => {
    await store?.close();
    await proxy?.close();
    await drop();
  });

  it("says where it is, and nothing of credentials", () => {
    expect(store.description).to.match(/^MongoDB at 127\.0\.0\.1:\d+\/junction_test_[0-9a-f]+$/);
  });

  it("keeps the password out of what it says when the URL is bad or nobody answers", async () => {
    const urls = [
      "mongodb://user:hunter2@127.0.0.1:port/db",
      "mongodb://user:hunter2@:1@x/db",
      "mongodb://user:hunter2@127.0.0.1/db?tls=perhaps",
      "http://user:hunter2@127.0.0.1:1/db",
      "mongodb://user:hunter2@127.0.0.1:1/db?appName=junction",
    ];
    for (const bad of urls) {
      const error = await rejection(openMongoStore({ url: bad, relay: async () => ({}), clock: new ManualClock() }));
      if (bad.includes(":1/db?")) expect(error).to.have.property("code", "unavailable");
      expect(`${error.stack} ${(error.cause as Error | undefined)?.stack}`).to.not.include("hunter2");
    }
  });

  it("is unavailable while the server cannot be reached, and works again after", async () => {
    const things = await store.collection(declareThings("outage"));
    await things.insert(aThing(1));
    proxy.cut();
    const attempts = [
      store.ping(),
      store.next("outage"),
      things.get(1),
      things.find("byId", { limit: 1 }),
      things.count("byId", {}),
      things.insert(aThing(2)),
      things.modify(1, (thing) => ({ next: { ...thing, count: 1 }, result: 0 })),
      things.remove(1),
    ];
    expect(await Promise.all(attempts.map(refusalOf))).to.deep.equal(attempts.map(() => "unavailable"));
    proxy.restore();
    await store.ping();
    expect(await things.get(1)).to.deep.equal(aThing(1));
  });

  it("finds out what became of a write whose answer was lost", async () => {
    const things = await store.collection(declareThings("lost"));
    await things.insert(aThing(1));
    relayed.length = 0;
    let runs = 0;
    // The transition runs between the read and the write.
    const result = await things.modify(1, (thing) => {
      if (runs++ === 0) proxy.loseNextAnswer();
      return { next: { ...thing, count: thing.count + 1 }, messages: [aMessage("counted")], result: thing.count + 1 };
    });
    expect(result).to.equal(1);
    expect(await things.get(1)).to.deep.equal(aThing(1, { count: 1 }));
    expect(relayed).to.deep.equal([aMessage("counted")]);
  });

  it("keeps the document's fields, its version and its messages in one record", async () => {
    const things = await store.collection(declareThings("shape"));
    await things.insert(aThing(1, { phone: "+1" }), [aMessage("inserted")]);
    const connection = await mongoose.createConnection(url).asPromise();
    const found = await connection.collection("shape").findOne({});
    await connection.close();
    const { _version, _revision, _outbox, _commands, _pendingSince, ...record } = found as unknown as Record<
      string,
      unknown
    > & { _outbox: { message: string }[] };
    const now = clock.now();
    expect(_version).to.match(/^[0-9a-f-]{36}$/);
    expect({ _revision, _commands, _pendingSince }).to.deep.equal({
      _revision: now,
      _commands: [],
      _pendingSince: now,
    });
    expect(_outbox).to.have.length(1);
    expect(_outbox[0]).to.have.keys("id", "version", "at", "message");
    expect(_outbox[0]).to.include({ version: now, at: now });
    const { key: _, ...message } = aMessage("inserted");
    expect(JSON.parse(_outbox[0]?.message ?? "")).to.deep.equal(message);
    const { id, ...fields } = aThing(1, { phone: "+1" });
    const unique = { _unique_phone: '["+1"]', _unique_kind_phone: '["box","+1"]' };
    expect(record).to.deep.equal({ _id: id, ...fields, ...unique });
  });

  it("takes records of the time before versions, whose messages were all relayed", async () => {
    const connection = await mongoose.createConnection(url).asPromise();
    const old = { id: "x", worker: "w", message: JSON.stringify(aMessage("relayed long ago")) };
    const { id: _id, ...fields } = aThing(1);
    const record = { _id, _version: "v", ...fields, _outbox: [old] } as unknown as { _id: mongoose.Types.ObjectId };
    await connection.collection("old").insertOne(record);
    await connection.close();
    const things = await store.collection(declareThings("old"));
    expect(originOf((await things.get(1))!)).to.deep.equal({ version: 0, pending: [] });
    relayed.length = earlier.length = 0;
    await things.modify(1, (thing) => ({ next: { ...thing, count: 1 }, messages: [aMessage("counted")], result: 0 }));
    expect({ relayed, earlier }).to.deep.equal({ relayed: [aMessage("counted")], earlier: [] });
    expect(originOf((await things.get(1))!).pending).to.have.length(1);
  });

  it("makes a unique index over documents that were there before, and forgets one that is no longer declared", async () => {
    const schema = z.object({ id: z.number(), phone: z.string() });
    const plain = defineCollection({ name: "phones", schema, indexes: {} });
    const unique = defineCollection({
      name: "phones",
      schema,
      indexes: { byPhone: { fields: ["phone"], unique: true } },
    });
    const opened = async <R>(action: (store: Store) => Promise<R>): Promise<R> => {
      const own = await openMongoStore({ url, relay: async () => ({}), clock: new ManualClock() });
      return action(own).finally(() => own.close());
    };
    await opened(async (own) => (await own.collection(plain)).insert({ id: 1, phone: "+1" }));
    await opened(async (own) => {
      const phones = await own.collection(unique);
      expect(await refusalOf(phones.insert({ id: 2, phone: "+1" }))).to.equal("conflict");
      await phones.insert({ id: 2, phone: "+2" });
      expect(await phones.count("byPhone", {})).to.equal(2);
    });
    await opened(async (own) => {
      const phones = await own.collection(plain);
      for (const id of [3, 4]) await phones.insert({ id, phone: "+1" });
    });
    const again = await rejection(opened((own) => own.collection(unique)));
    expect(again.message).to.match(/unique|duplicate/i);
  });

  it("takes no more after it is closed", async () => {
    const own = await openMongoStore({ url, relay: async () => ({}), clock: new ManualClock() });
    const things = await own.collection(declareThings("closed"));
    const [change] = await Promise.all([Promise.allSettled([things.insert(aThing(1))]), own.close()]);
    if (change[0].status === "rejected") expect(change[0].reason).to.have.property("code", "unavailable");
    expect(await refusalOf(things.get(1))).to.equal("unavailable");
    expect(await refusalOf(own.ping())).to.equal("unavailable");
    await own.close();
  });
});
