import { expect } from "chai";
import mongoose from "mongoose";
import type { Store } from "../../../src/store/collection.ts";
import { openMongoStore } from "../../../src/store/mongo/store.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { startMongo } from "../../support/mongo.ts";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import { refusalOf } from "../contract/documents.ts";
import { entry, everything, FOREVER, named, upTo } from "../contract/log-bench.ts";

const MINUTE = 60_000;

describe("the room log in MongoDB", () => {
  const clock = new ManualClock();
  let drop = async (): Promise<void> => {};
  let proxy: TcpProxy;
  /** Two workers; what the first one says passes through the proxy. */
  let one: Store;
  let two: Store;
  let rooms = 0;

  before(async function () {
    this.timeout(400_000);
    const mongo = await startMongo();
    if ("skipped" in mongo) {
      console.log(`    skipped: ${mongo.skipped}`);
      return this.skip();
    }
    drop = mongo.stop;
    const direct = await mongoose.createConnection(mongo.url).asPromise();
    const { host, port } = direct;
    await direct.close();
    proxy = await startTcpProxy({ host, port });
    const through = mongo.url.replace(/(\/\/|@)[^/@]+\//, (_, before) => `${before}127.0.0.1:${proxy.port}/`);
    const url = `${through}${through.includes("?") ? "&" : "?"}directConnection=true`;
    const open = (at: string) => openMongoStore({ url: at, clock, relay: async () => ({}) });
    [one, two] = [await open(url), await open(mongo.url)];
  });

  after(async () => {
    await one?.close();
    await two?.close();
    await proxy?.close();
    await drop();
  });

  const aRoom = () => `room ${++rooms}`;
  const fill = (store: Store, room: string, last: number, first = 1) =>
    store.log.append(upTo(last, first).map((at) => entry(`${at}`, room)));
  const found = async (room: string) =>
    (await two.log.read(named(room), 0, 1_000)).map(({ id, offset }) => `${offset} ${id}`);

  it("is unavailable while the server cannot be reached, and works again after", async () => {
    proxy.cut();
    const attempts = everything(one.log);
    expect(await Promise.all(attempts.map(refusalOf))).to.deep.equal(attempts.map(() => "unavailable"));
    proxy.restore();
    await one.ping();
    const room = aRoom();
    await fill(one, room, 2);
    expect(await found(room)).to.deep.equal(["1 1", "2 2"]);
  });

  it("finds out what became of messages when the answer was lost", async () => {
    const room = aRoom();
    await fill(one, room, 1);
    // Now it knows where the room ends: what it says next is what it appends.
    proxy.loseNextAnswer();
    const places = await fill(one, room, 50, 2);
    expect(places).to.deep.equal(upTo(50, 2).map((offset) => [{ room, offset }]));
    expect(await found(room)).to.deep.equal(upTo(50).map((at) => `${at} ${at}`));
  });

  it("appends after what another worker has appended since", async () => {
    const room = aRoom();
    await fill(one, room, 2);
    await fill(two, room, 6, 3);
    await fill(one, room, 8, 5);
    await fill(two, room, 9);
    expect(await found(room)).to.deep.equal(upTo(9).map((at) => `${at} ${at}`));
  });

  it("appends after what another worker has appended since and removed again", async () => {
    const room = aRoom();
    await fill(one, room, 2);
    await fill(two, room, 10, 3);
    clock.advance(4 * MINUTE);
    expect(await two.log.trim(() => ({ ...FOREVER, messages: 1 }))).to.be.greaterThan(8);
    await fill(one, room, 12, 11);
    expect(await found(room)).to.deep.equal(["10 10", "11 11", "12 12"]);
  });

  it("removes nothing that is younger than three minutes, but looks again when it is older", async () => {
    const room = aRoom();
    await fill(two, room, 5);
    clock.advance(2 * MINUTE);
    await fill(two, room, 10, 6);
    const keep = () => ({ messages: 2, ms: 0 });
    await two.log.trim(keep);
    expect(await found(room)).to.have.length(10);
    clock.advance(MINUTE + 1);
    await two.log.trim(keep);
    expect(await found(room)).to.have.length(5);
    clock.advance(2 * MINUTE);
    await two.log.trim(() => ({ ...FOREVER, messages: 2 }));
    expect(await found(room)).to.deep.equal(["9 9", "10 10"]);
  });
});
