import { expect } from "chai";
import { DOORS, type Payload, plainDoor, socketIoDoor } from "../support/client.ts";
import { onBothStores, withHub } from "../support/suite.ts";
import {
  addBattery,
  BATTERY_DOOR,
  book,
  finish,
  newStation,
  placeless,
  stationAt,
  stationsAt,
  watch,
} from "./battery-data.ts";

/** Everything that has been told of counts, in order. */
type Told = [string, Payload][];

/** Throws unless every message that says so much about its counts adds up. */
function expectToAddUp(told: Told): void {
  for (const [type, { available_batteries, booked_batteries, total_batteries }] of told) {
    if (type !== "inventory_update") continue;
    expect((available_batteries as number) + (booked_batteries as number)).to.equal(total_batteries);
  }
}

onBothStores(
  "the batteries of a station",
  (suite) => {
    const inventory = async (id: number): Promise<Payload> => {
      const { status, body } = await suite.hub.call(undefined, "GET", `/api/stations/${id}`);
      expect(status).to.equal(200);
      return body;
    };

    it("hold when 100 book 15 of them at once: exactly 15 get one each, the rest a 409", async function () {
      this.timeout(60_000);
      const id = await newStation(suite.hub, 15);
      const watchers = [
        await watch(suite, plainDoor, stationAt(id)),
        await watch(suite, socketIoDoor, stationAt(id)),
        await watch(suite, plainDoor, stationsAt()),
        await watch(suite, socketIoDoor, stationsAt()),
      ];
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          suite.hub.call(i % 2 ? "customer" : "secondCustomer", "POST", `/api/stations/${id}/bookings`),
        ),
      );
      const made = answers.filter(({ status }) => status === 201).map(({ body }) => body);
      expect(made).to.have.lengthOf(15);
      expect(new Set(made.map(({ battery_id }) => battery_id)).size).to.equal(15);
      expect(new Set(made.map(({ booking_id }) => booking_id)).size).to.equal(15);
      const refused = answers.filter(({ status }) => status !== 201);
      for (const { status, headers, body } of refused) {
        expect(status).to.equal(409);
        expect(headers.get("Content-Type")).to.contain("application/problem+json");
        expect(body).to.include({ code: "conflict", detail: "No battery is available at this station" });
      }
      expect(await inventory(id)).to.include({ available_batteries: 0, booked_batteries: 15, total_batteries: 15 });

      for (const { told } of watchers) {
        const messages = await told();
        expect(messages.map(([type]) => type)).to.eql(
          Array.from({ length: 15 }, () => ["battery_booked", "inventory_update"]).flat(),
        );
        expectToAddUp(messages);
        const left = messages.map(([, { available_batteries }]) => available_batteries);
        expect(left).to.eql(Array.from({ length: 15 }, (_, i) => [14 - i, 14 - i]).flat());
        const taken = messages.flatMap(([, { battery_id }]) => battery_id ?? []);
        expect(new Set(taken).size).to.equal(15);
      }
    });

    it("add up on every message while they are booked, collected and added at once", async function () {
      this.timeout(60_000);
      const id = await newStation(suite.hub, 5);
      const watchers = await Promise.all(DOORS.map((door) => watch(suite, door, stationAt(id))));
      const swap = async (as: "customer" | "secondCustomer"): Promise<number | undefined> => {
        const { status, body } = await suite.hub.call(as, "POST", `/api/stations/${id}/bookings`);
        if (status !== 201) return undefined;
        expect((await finish(suite.hub, as, id, body.booking_id as number, "collect")).status).to.equal(200);
        await addBattery(suite.hub, id);
        return body.battery_id as number;
      };
      const swapped = await Promise.all(
        Array.from({ length: 40 }, (_, i) => swap(i % 2 ? "customer" : "secondCustomer")),
      );
      const taken = swapped.filter((battery) => battery !== undefined);
      expect(taken.length).to.be.at.least(5);
      expect(new Set(taken).size).to.equal(taken.length);
      expect(await inventory(id)).to.include({ available_batteries: 5, booked_batteries: 0, total_batteries: 5 });

      const [first = [], second] = await Promise.all(watchers.map(({ told }) => told()));
      expect(second).to.eql(first);
      expect(first).to.have.lengthOf(taken.length * 6);
      expectToAddUp(first);
      const next: Record<string, string> = {
        battery_booked: "book",
        battery_collected: "collect",
        battery_added: "add",
      };
      for (const [at, [type, counts]] of first.entries()) {
        if (type === "inventory_update") continue;
        const [followed, update] = first[at + 1] ?? [];
        expect([followed, update?.action]).to.eql(["inventory_update", next[type]]);
        expect(update).to.include({ available_batteries: counts.available_batteries });
      }
    });

    it("are told in the same order to all who watch, through either door, one station or all", async () => {
      const id = await newStation(suite.hub, 8);
      const watchers = await Promise.all(
        DOORS.flatMap((door) => [watch(suite, door, stationAt(id)), watch(suite, door, stationsAt())]),
      );
      const bookings = await Promise.all([1, 2, 3, 4].map(() => book(suite.hub, id)));
      await Promise.all([
        ...bookings.map(({ booking_id }) => finish(suite.hub, "operator", id, booking_id, "collect")),
        suite.hub.call("operator", "PATCH", `/api/stations/${id}`, { status: "maintenance" }),
        addBattery(suite.hub, id),
      ]);
      const told = await Promise.all(
        watchers.map(async (watcher) => (await watcher.told()).map(([type, payload]) => [type, placeless(payload)])),
      );
      expect(told[0]).to.have.lengthOf(4 * 2 + 4 * 2 + 1 + 2);
      for (const other of told.slice(1)) expect(other).to.eql(told[0]);
    });

    it("are given in the order in which they came, and are gone once collected", async () => {
      const id = await newStation(suite.hub, 0);
      const batteries = [
        await addBattery(suite.hub, id),
        await addBattery(suite.hub, id),
        await addBattery(suite.hub, id),
      ];
      const first = await book(suite.hub, id);
      const second = await book(suite.hub, id);
      expect([first.battery_id, second.battery_id]).to.eql(batteries.slice(0, 2));
      expect((await finish(suite.hub, "customer", id, first.booking_id, "collect")).body).to.eql({
        ...first,
        battery_info: "A battery",
        station_id: id,
        station_name: "A station",
        status: "collected",
      });
      expect((await finish(suite.hub, "customer", id, first.booking_id, "collect")).status).to.equal(404);
      expect(await inventory(id)).to.include({ available_batteries: 1, booked_batteries: 1, total_batteries: 2 });
      expect((await book(suite.hub, id)).battery_id).to.equal(batteries[2]);
    });

    it("are collected by who booked them or by an operator, ready or not", async () => {
      const id = await newStation(suite.hub, 3);
      const collect = async (as: "customer" | "operator" | "admin") =>
        finish(suite.hub, as, id, (await book(suite.hub, id)).booking_id, "collect");
      for (const as of ["customer", "operator", "admin"] as const) expect((await collect(as)).status).to.equal(200);
    });

    it("are not collected by anybody else, nor made ready by their booker", async () => {
      const id = await newStation(suite.hub, 1);
      const elsewhere = await newStation(suite.hub, 1);
      const { booking_id } = await book(suite.hub, id);
      for (const as of ["secondCustomer", "technician"] as const) {
        expect((await finish(suite.hub, as, id, booking_id, "collect")).status).to.equal(403);
      }
      for (const as of ["customer", "secondCustomer", "technician"] as const) {
        expect((await finish(suite.hub, as, id, booking_id, "ready")).status).to.equal(403);
      }
      for (const step of ["ready", "collect"]) {
        const path = `/api/stations/${id}/bookings/${booking_id}/${step}`;
        expect((await suite.hub.call(undefined, "POST", path)).status).to.equal(401);
        expect((await finish(suite.hub, "operator", elsewhere, booking_id, step)).status).to.equal(404);
        expect((await finish(suite.hub, "operator", 999_999, booking_id, step)).status).to.equal(404);
        expect((await finish(suite.hub, "operator", id, 999_999, step)).status).to.equal(404);
      }
      expect(await inventory(id)).to.include({ booked_batteries: 1, total_batteries: 1 });
    });

    it("are booked by anybody signed in, at a station that exists", async () => {
      const id = await newStation(suite.hub, 1);
      expect((await suite.hub.call(undefined, "POST", `/api/stations/${id}/bookings`)).status).to.equal(401);
      const missing = await suite.hub.call("customer", "POST", "/api/stations/999999/bookings");
      expect([missing.status, missing.body.detail]).to.eql([404, "Station not found"]);
      expect((await suite.hub.call("customer", "POST", "/api/stations/one/bookings")).status).to.equal(400);
      expect((await suite.hub.call("technician", "POST", `/api/stations/${id}/bookings`)).status).to.equal(201);
    });

    it("and stations are the business of operators and admins, what they hold of everybody", async () => {
      const { call } = suite.hub;
      const id = await newStation(suite.hub, 1);
      const changes: [string, string, unknown][] = [
        ["POST", "/api/stations", { name: "Mine" }],
        ["PATCH", `/api/stations/${id}`, { status: "offline" }],
        ["POST", `/api/stations/${id}/batteries`, { info: "Mine" }],
      ];
      for (const [method, path, body] of changes) {
        expect((await call(undefined, method, path, body)).status).to.equal(401);
        for (const as of ["customer", "technician"] as const)
          expect((await call(as, method, path, body)).status, `${as} ${method} ${path}`).to.equal(403);
        expect((await call("admin", method, path, body)).status, path).to.be.oneOf([200, 201]);
      }
      expect(await inventory(id)).to.eql({
        id,
        name: "A station",
        status: "offline",
        available_batteries: 2,
        booked_batteries: 0,
        total_batteries: 2,
        seq: 3,
      });
      const page = await call(undefined, "GET", `/api/stations?after=${id - 1}&limit=1`);
      expect(page.body.items).to.eql([await inventory(id)]);
      expect((await call(undefined, "GET", "/api/stations/999999")).status).to.equal(404);
    });

    it("are not added or described in ways that make no sense", async () => {
      const { call } = suite.hub;
      const id = await newStation(suite.hub, 0);
      for (const body of [
        {},
        { name: "" },
        { name: " " },
        { name: 7 },
        { name: "x".repeat(201) },
        { name: "x", status: "on" },
      ])
        expect((await call("operator", "POST", "/api/stations", body)).status, JSON.stringify(body)).to.equal(400);
      for (const body of [
        {},
        { status: "broken" },
        { status: "online", message: "" },
        { status: "online", message: 7 },
      ])
        expect((await call("operator", "PATCH", `/api/stations/${id}`, body)).status).to.equal(400);
      for (const body of [{}, { info: "" }, { info: 7 }, { info: "x".repeat(201) }])
        expect((await call("operator", "POST", `/api/stations/${id}/batteries`, body)).status).to.equal(400);
      for (const query of ["after=-1", "after=x", "limit=0", "limit=1001"])
        expect((await call(undefined, "GET", `/api/stations?${query}`)).status, query).to.equal(400);
      expect((await call("operator", "PATCH", "/api/stations/999999", { status: "online" })).status).to.equal(404);
      expect((await call("operator", "POST", "/api/stations/999999/batteries", { info: "x" })).status).to.equal(404);
    });
  },
  BATTERY_DOOR,
);

describe("the demo's stations", () => {
  withHub(
    (suite) => {
      it("are Downtown Station with 20 batteries and another; those that are created come after them", async () => {
        const { body } = await suite.hub.call(undefined, "GET", "/api/stations");
        const counts = (total: number) => ({
          status: "online",
          available_batteries: total,
          booked_batteries: 0,
          total_batteries: total,
          seq: 0,
        });
        expect(body.items).to.eql([
          { id: 1, name: "Downtown Station", ...counts(20) },
          { id: 2, name: "Airport Station", ...counts(12) },
        ]);
        expect(await newStation(suite.hub, 0)).to.be.above(2);
      });
    },
    { file: BATTERY_DOOR },
  );
});
