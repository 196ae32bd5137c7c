import { expect } from "chai";
import { DOORS, type TestClient } from "../support/client.ts";
import { startHub, type TestHub } from "../support/hub.ts";
import { startMongo } from "../support/mongo.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

/** How long the database is away, at least. */
const OUTAGE_MS = 10_000;

describe("a hub whose database is away for 10 s", function () {
  this.timeout(60_000);
  let hub: TestHub;
  let proxy: TcpProxy;
  let dropDatabase = async (): Promise<void> => {};
  const watchers: TestClient[] = [];

  before(async function () {
    const mongo = await startMongo();
    if ("skipped" in mongo) {
      console.log(`    skipped: ${mongo.skipped}`);
      this.skip();
    }
    const url = new URL(mongo.url);
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.host = `127.0.0.1:${proxy.port}`;
    dropDatabase = mongo.stop;
    hub = await startHub({ env: { MONGODB_URL: url.href } });
    for (const door of DOORS) {
      const credential = await hub.token("customer");
      const watcher = await door.connect(hub.url, { path: "/ws/events/123", namespace: "/events/123", credential });
      await watcher.next("seat_update");
      watchers.push(watcher);
    }
  });

  after(async () => {
    await hub?.stop();
    await proxy?.close();
    await dropDatabase();
  });

  const book = () => hub.call("customer", "POST", "/api/events/123/bookings", { seats: 1 });

  it("answers writes with 503 and when to try again, says so in /readyz, and keeps its sockets", async () => {
    proxy.cut();
    const end = Date.now() + OUTAGE_MS;
    while (Date.now() < end) {
      const refused = await book();
      expect(refused.status).to.equal(503);
      expect(refused.headers.get("Retry-After")).to.match(/^\d+$/);
      expect(refused.body.code).to.equal("unavailable");
    }
    expect((await hub.call(undefined, "GET", "/readyz")).status).to.equal(503);
    expect((await hub.call(undefined, "GET", "/healthz")).status).to.equal(200);
    for (const watcher of watchers) {
      watcher.send("ping");
      await watcher.next("pong");
    }
  });

  it("serves every client again when it is back, having lost and doubled nothing", async () => {
    proxy.restore();
    let booked = await book();
    while (booked.status === 503) booked = await book();
    expect(booked.status).to.equal(201);
    for (const watcher of watchers) {
      const { availableSeats } = await watcher.next("booking_created");
      expect(availableSeats).to.equal(booked.body.availableSeats);
      expect(watcher.log.filter(([type]) => type === "booking_created")).to.have.length(1);
    }
    expect((await hub.call(undefined, "GET", "/readyz")).status).to.equal(200);
  });
});
