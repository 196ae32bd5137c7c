import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { Server } from "socket.io";
import { collectionsOf } from "../../src/app.ts";
import { FIRST_STATIONS } from "../../src/apps/battery/channel.ts";
import { openStations } from "../../src/apps/battery/collections.ts";
import { stationOutbound } from "../../src/apps/battery/messages.ts";
import { ALL_STATIONS, STATIONS, stationRoom } from "../../src/apps/battery/rooms.ts";
import { addBattery, emptyStation } from "../../src/apps/battery/station.ts";
import { systemClock } from "../../src/hub/clock.ts";
import { publisher } from "../../src/hub/message.ts";
import { openEmbeddedStore } from "../../src/store/embedded/store.ts";
import { DOORS, type TestClient } from "../support/client.ts";
import { startHub, type TestHub } from "../support/hub.ts";
import { BATTERY_DOOR, book, soFar, stationAt, stationsAt } from "./battery-data.ts";

const STATION_COUNT = 100_000;
const WATCHED = 100;
/** The first of the many; the demo's two come before them. */
const FIRST_ID = 1_001;
const BATCH = 5_000;

/** Fills the embedded database of a folder with stations of one battery each. */
async function fill(folder: string): Promise<void> {
  const store = await openEmbeddedStore({ folder, relay: async () => ({}), clock: systemClock });
  const stations = await openStations(collectionsOf(store));
  for (let from = 0; from < STATION_COUNT; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => {
      const id = FIRST_ID + from + i;
      return stations.insert(addBattery(emptyStation(id, `Station ${id}`, "online"), id, "A battery"));
    });
    await Promise.all(batch);
  }
  await store.close();
}

/** Runs `start` and gives the Socket.IO server that it makes, which shows itself when it opens its namespaces. */
async function catchServer<T>(start: () => Promise<T>): Promise<[T, Server]> {
  const { of } = Server.prototype;
  let server: Server | undefined;
  Server.prototype.of = function (this: Server, ...args: Parameters<typeof of>) {
    server = this;
    return of.apply(this, args);
  } as typeof of;
  try {
    const started = await start();
    return [started, server!];
  } finally {
    Server.prototype.of = of;
  }
}

describe("100,000 stations of which 100 are watched", function () {
  this.timeout(120_000);
  let folder: string;
  let hub: TestHub;
  /** How many namespaces there are now. */
  let namespaces: () => number;
  /** How many there are without a client. */
  let atRest: number;
  let unwatchedBefore: number;
  let watchers: TestClient[];

  const { message } = publisher(STATIONS, stationOutbound);

  /** Milliseconds that telling of one change at each of 5,000 stations takes this worker, at best. */
  function timeUpdates(firstId: number): number {
    const times = Array.from({ length: 7 }, () => {
      const start = performance.now();
      for (let id = firstId; id < firstId + 5_000; id++) {
        const counts = { available_batteries: 1, booked_batteries: 0, total_batteries: 1 };
        const about = { station_id: id, station_name: `Station ${id}`, timestamp: "2030-01-01T00:00:00.000Z" };
        hub.hub.broadcast(
          message([stationRoom(id), ALL_STATIONS], "inventory_update", { ...about, ...counts, action: "update" }),
        );
      }
      return performance.now() - start;
    });
    return Math.min(...times);
  }

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "junction-stations-"));
    await fill(folder);
    const [started, server] = await catchServer(() =>
      startHub({ file: { ...BATTERY_DOOR, logLevel: "silent" }, env: { HUB_DATA_DIR: folder } }),
    );
    hub = started;
    namespaces = () => server._nsps.size;
    atRest = namespaces();
    unwatchedBefore = timeUpdates(FIRST_ID + 50_000);
    watchers = [];
    for (let i = 0; i < WATCHED; i++) {
      const client = await DOORS[i % 2]!.connect(hub.url, stationAt(FIRST_ID + i));
      await client.next("inventory_update");
      watchers.push(client);
    }
  });
  after(async () => {
    await hub?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("take 100 namespaces", () => {
    expect(namespaces() - atRest).to.equal(WATCHED);
  });

  it("take no more however many watch the same ones, or ask for some that are not there", async () => {
    const more = await Promise.all(DOORS.map((door) => door.connect(hub.url, stationAt(FIRST_ID))));
    for (const door of DOORS) {
      for (const id of [900_000, 900_001, "junk"]) {
        expect(await door.refused(hub.url, stationAt(id))).to.include({ code: 1008 });
      }
    }
    expect(namespaces() - atRest).to.equal(WATCHED);
    await Promise.all(more.map((client) => client.close()));
  });

  it("take no more when unwatched ones change, and who watches another hears nothing of it", async () => {
    const heard = await Promise.all(watchers.map(async (client) => (await soFar(client)).length));
    const unwatched = Array.from({ length: 200 }, (_, i) => FIRST_ID + 1_000 + i * 400);
    await Promise.all(unwatched.map((id) => book(hub, id)));
    expect(namespaces() - atRest).to.equal(WATCHED);
    expect(await Promise.all(watchers.map(async (client) => (await soFar(client)).length))).to.eql(heard);
  });

  it("take as much time per change of an unwatched one as when nobody watched anything", () => {
    const now = timeUpdates(FIRST_ID + 50_000);
    // Far more than the machine's own moods, far less than a namespace per update costs.
    expect(now).to.be.below(unwatchedBefore * 3 + 20);
    expect(namespaces() - atRest).to.equal(WATCHED);
  });

  it("tell of a change to those who watch that one", async () => {
    for (const [i, watcher] of watchers.slice(0, 2).entries()) {
      const { battery_id } = await book(hub, FIRST_ID + i);
      expect(await watcher.next("battery_booked")).to.include({ station_id: FIRST_ID + i, battery_id });
    }
  });

  it("tell who watches all of them what the first 100 hold, and then of every change", async () => {
    for (const [i, door] of DOORS.entries()) {
      const client = await door.connect(hub.url, stationsAt());
      const told = (await soFar(client)).slice(1);
      expect(told.map(([type, { station_id }]) => [type, station_id])).to.eql(
        [1, 2, ...Array.from({ length: FIRST_STATIONS - 2 }, (_, at) => FIRST_ID + at)].map((id) => [
          "inventory_update",
          id,
        ]),
      );
      const last = FIRST_ID + STATION_COUNT - 1 - i;
      await book(hub, last);
      expect(await client.next("battery_booked")).to.include({ station_id: last });
      await client.close();
    }
  });

  it("take no namespace any more when nobody watches", async () => {
    await Promise.all(watchers.map((client) => client.close()));
    while (hub.hub.connections.size > 0) await new Promise((resolve) => hub.hub.events.once("disconnected", resolve));
    expect(namespaces()).to.equal(atRest);
  });
});
