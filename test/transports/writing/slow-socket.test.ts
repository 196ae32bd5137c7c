import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import type { DeliveryClass } from "../../../src/hub/outbound.ts";
import { conflate } from "../../../src/transports/writing/backlog.ts";
import { frame, type Pair, type Rig, rawSocketOf, startRig } from "./coalescing-rig.ts";

const KIB = 1024;
const BLOB = "x".repeat(8 * KIB);

describe("a coalesced socket whose client does not read", () => {
  const budgetBytes = 64 * KIB;
  let rig: Rig;
  let pair: Pair;

  beforeEach(async () => {
    rig = await startRig({ budgetBytes });
    pair = await rig.connect();
    pair.client.pause();
    // What the kernel takes on both sides comes first; only then is anything left waiting here.
    const raw = rawSocketOf(pair.socket);
    for (let i = 0; raw.writableLength === 0; i++) {
      pair.socket.sendFrame(frame(`fill ${i} ${BLOB}`, { delivery: "log" }));
      await nextTurn();
      await nextTurn();
    }
  });
  afterEach(() => rig.close());

  /** Bytes that wait in this process for the client to take them. */
  const held = (): number => {
    const internals = rawSocketOf(pair.socket);
    return internals.writableLength;
  };
  /** What the client had that is not filling, once `last` has come. */
  const readUntil = async (last: string): Promise<string[]> => {
    pair.client.resume();
    while (pair.texts.at(-1) !== last) await once(pair.client, "message");
    return pair.texts.filter((text) => !text.startsWith("fill")).map((text) => text.split(" ", 1)[0] ?? "");
  };

  it("drops volatile messages past the budget, and nothing else", async () => {
    pair.socket.sendFrame(frame("kept", { delivery: "log" }));
    for (let i = 0; i < 1_000; i++) pair.socket.sendFrame(frame(`typing ${BLOB}`, { delivery: "volatile" }));
    pair.socket.sendFrame(frame("also-kept", { delivery: "log" }));
    pair.socket.send("last");
    const had = await readUntil("last");
    expect(had.filter((text) => text !== "typing")).to.eql(["kept", "also-kept", "last"]);
    expect(had.filter((text) => text === "typing").length).to.be.below(10);
    expect(pair.socket.readyState).to.equal(pair.socket.OPEN);
  });

  it("keeps of latest messages the newest of each key, which never goes back", async () => {
    for (let i = 0; i < 1_000; i++)
      for (const key of ["a", "b"])
        pair.socket.sendFrame(frame(`${key}${i} ${BLOB.slice(KIB)}`, { delivery: "latest", key }));
    pair.socket.send("last");
    const had = await readUntil("last");
    for (const key of ["a", "b"]) {
      const values = had.filter((text) => text.startsWith(key)).map((text) => Number(text.slice(1)));
      expect(values.at(-1)).to.equal(999);
      expect(values).to.eql(values.toSorted((x, y) => x - y));
      expect(values.length).to.be.below(20);
    }
    expect(pair.socket.readyState).to.equal(pair.socket.OPEN);
  });

  it("is closed with 1013 when that is not enough, and holds no more from then on", async () => {
    const told: unknown[] = [];
    pair.socket.on("ending", (...ending) => {
      told.push(ending);
      pair.socket.send("last words");
    });
    for (let i = 0; i < 1_000; i++) pair.socket.sendFrame(frame(`log ${BLOB}`, { delivery: "log" }));
    expect(told).to.eql([[1013, "Overloaded"]]);
    expect(held()).to.be.at.most(budgetBytes + BLOB.length);
    pair.client.resume();
    expect(await pair.closed).to.eql([1013, "Overloaded"]);
    expect(pair.texts.at(-1)).to.equal("last words");
  });

  it("counts what is not marked as what must be kept", async () => {
    for (let i = 0; i < 20; i++) pair.socket.send(BLOB, () => {});
    pair.client.resume();
    expect(await pair.closed).to.eql([1013, "Overloaded"]);
  });

  it("may leave less than the budget untaken for as long as it likes", async () => {
    for (let i = 0; i < 4; i++) pair.socket.send(`log ${BLOB.slice(KIB)}`);
    await nextTurn();
    pair.socket.send("last");
    expect(await readUntil("last")).to.eql(["log", "log", "log", "log", "last"]);
  });

  it("gets all that was queued, then the close, when it reads again in time", async () => {
    pair.socket.send("queued");
    pair.socket.close(1001, "Draining");
    await nextTurn();
    pair.client.resume();
    expect(await pair.closed).to.eql([1001, "Draining"]);
    expect(pair.texts.at(-1)).to.equal("queued");
  });

  it("gets all that was queued, then the close, also when it is its own fault", async () => {
    pair.socket.send("queued");
    pair.client.send("x".repeat(16_385));
    await once(pair.socket, "error");
    pair.client.resume();
    expect(await pair.closed).to.eql([1009, "Message Too Big"]);
    expect(pair.texts.at(-1)).to.equal("queued");
  });
});

describe("conflating a backlog", () => {
  type Item = [name: string, delivery?: "log" | "latest" | "volatile" | "reply", key?: string];
  const conflated = (...items: Item[]): string[] =>
    conflate(items, marksOf, (delivery, count) => void dropped.push([delivery, count])).map(([name]) => name);
  const marksOf = ([, delivery, key]: Item) => ({ ...(delivery && { delivery }), ...(key !== undefined && { key }) });
  const dropped: [DeliveryClass, number][] = [];
  beforeEach(() => void dropped.splice(0));

  it("tells how many of each class it dropped, and of classes that it dropped nothing of, nothing", () => {
    conflated(["a", "volatile"], ["b", "latest", "k"], ["c", "volatile"], ["d", "latest", "k"], ["e", "log"]);
    expect(dropped).to.eql([
      ["volatile", 2],
      ["latest", 1],
    ]);
    dropped.splice(0);
    conflated(["a", "log"], ["b", "latest", "k"]);
    expect(dropped).to.eql([]);
  });

  it("keeps log messages, replies and what says nothing of itself", () => {
    expect(conflated(["a", "log"], ["b", "reply"], ["c"], ["d", "log"])).to.eql(["a", "b", "c", "d"]);
  });

  it("drops what is volatile", () => {
    expect(conflated(["a", "volatile"], ["b", "log"], ["c", "volatile"])).to.eql(["b"]);
  });

  it("keeps the newest of each key, in its place", () => {
    expect(
      conflated(["1", "latest", "x"], ["2", "latest", "y"], ["3", "log"], ["4", "latest", "x"], ["5", "latest", "x"]),
    ).to.eql(["2", "3", "5"]);
  });

  it("keeps a latest message that has no key", () => {
    expect(conflated(["1", "latest"], ["2", "latest"])).to.eql(["1", "2"]);
  });
});
