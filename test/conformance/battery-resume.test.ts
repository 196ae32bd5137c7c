import { expect } from "chai";
import { STATIONS, stationRoom } from "../../src/apps/battery/rooms.ts";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { DOORS, type Door, type Payload, plainDoor, type Target } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import {
  addBattery,
  BATTERY_DOOR,
  book,
  finish,
  newStation,
  notificationsAt,
  soFar,
  stationAt,
  stationsAt,
} from "./battery-data.ts";

function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** The places of those messages that have one. */
function places(messages: readonly [string, Payload][]): number[] {
  return messages.flatMap(([type, { seq }]) => (type === "connection_established" ? [] : ((seq ?? []) as number)));
}

onBothStores(
  "who comes back to the battery app",
  (suite) => {
    const comeBack = async (door: Door, target: Target, since: number | string) => {
      const client = await suite.connect(door, { ...target, since });
      return { client, greeting: await client.next("connection_established") };
    };
    const get = async (path: string) => (await suite.hub.call("customer", "GET", path)).body;
    /** A new station whose log ends with this place. */
    const stationAtPlace = (seq: number) => newStation(suite.hub, seq);

    for (const door of suite.doors) {
      describe(`through ${door.name}`, () => {
        it("is given exactly what was missed at a station, then what it holds, then what comes", async () => {
          const id = await stationAtPlace(5);
          const { client, greeting } = await comeBack(door, stationAt(id), 2);
          expect(greeting).to.eql({ message: `Connected to station_${id}`, station_id: id, recovered: true, seq: 5 });
          await book(suite.hub, id);
          const told = await soFar(client);
          expect(told.map(([type]) => type)).to.eql([
            "connection_established",
            ...["battery_added", "battery_added", "battery_added"],
            "inventory_update",
            "battery_booked",
            "inventory_update",
          ]);
          expect(places(told)).to.eql([3, 4, 5, 6]);
          expect(told[1]?.[1]).to.include({ station_id: id, total_batteries: 3 });
          expect(told[4]?.[1]).to.include({ total_batteries: 5, action: "update" });
        });

        it("is given everything since 0, and nothing where nothing was missed", async () => {
          const id = await stationAtPlace(3);
          for (const [since, missed] of [
            [0, [1, 2, 3]],
            [3, []],
          ] as const) {
            const { client, greeting } = await comeBack(door, stationAt(id), since);
            expect(greeting).to.include({ recovered: true, seq: 3 });
            expect(places(await soFar(client))).to.eql(missed);
          }
        });

        it("is told so, and given nothing but what comes, where it is not known what was missed", async () => {
          const id = await stationAtPlace(2);
          const { client, greeting } = await comeBack(door, stationAt(id), 7);
          expect(greeting).to.include({ recovered: false, seq: 2 });
          await addBattery(suite.hub, id);
          expect(places(await soFar(client))).to.eql([3]);
        });

        it("is told what is wrong with a place that is none, and greeted as one who did not ask", async () => {
          for (const since of ["x", "-1", "1.5"]) {
            const { client, greeting } = await comeBack(door, stationsAt(), since);
            expect((await client.next("error")).message, since).to.match(/^Invalid since/);
            expect(greeting).to.eql({ message: "Connected to stations" });
          }
        });

        it("resumes in the room of all stations from the place that their listing says", async () => {
          const id = await newStation(suite.hub, 1);
          const { seq } = await get(`/api/stations?after=${id}`);
          const missed = [await addBattery(suite.hub, id), await addBattery(suite.hub, await newStation(suite.hub, 0))];
          const { client, greeting } = await comeBack(door, stationsAt(), seq as number);
          expect(greeting).to.eql({ message: "Connected to stations", recovered: true, seq: (seq as number) + 2 });
          const told = (await soFar(client)).filter(([type]) => type === "battery_added");
          expect(told.map(([, { battery_id }]) => battery_id)).to.eql(missed);
          expect(places(told)).to.eql([(seq as number) + 1, (seq as number) + 2]);
        });

        it("resumes in the user's notifications from the place that their listing says", async () => {
          const { seq } = (await get("/api/notifications")) as { seq: number };
          const id = await newStation(suite.hub, 1);
          const { booking_id } = await book(suite.hub, id);
          await finish(suite.hub, "operator", id, booking_id, "ready");
          const target = notificationsAt(await suite.hub.token("customer"));
          const { client, greeting } = await comeBack(door, target, seq);
          expect(greeting).to.eql({ message: "Connected to notifications", recovered: true, seq: seq + 2 });
          const news = { user_id: DEMO_USERS.customer.id, title: "Hello", message: "You are back" };
          await suite.hub.call("operator", "POST", "/api/notifications", news);
          const told = (await soFar(client)).slice(1).map(([type, payload]) => ({ type, ...payload }));
          expect(told.map(({ type }) => type)).to.eql(["booking_confirmed", "booking_ready", "notification"]);
          expect((await get(`/api/notifications?after_seq=${seq}`)).items).to.eql(told);
        });
      });
    }

    it("is told so when what was missed is no longer kept", async () => {
      const id = await stationAtPlace(5);
      const name = { namespace: STATIONS, room: stationRoom(id) };
      // MongoDB keeps everything for some minutes.
      suite.hub.clock.advance(10 * 60_000);
      await addBattery(suite.hub, id);
      await suite.hub.store.log.trim(() => ({ messages: 2, ms: Number.MAX_SAFE_INTEGER }));
      expect((await suite.hub.store.log.read(name, 0, 10)).map(({ offset: seq }) => seq)).to.eql([5, 6]);
      for (const door of DOORS) {
        for (const [since, recovered, replayed] of [
          [3, false, []],
          [4, true, [5, 6]],
        ] as const) {
          const { client, greeting } = await comeBack(door, stationAt(id), since);
          expect(greeting).to.include({ recovered, seq: 6 });
          expect(places(await soFar(client))).to.eql(replayed);
        }
      }
    });

    it("misses nothing and gets nothing twice while more is going on", async function () {
      this.timeout(60_000);
      const id = await stationAtPlace(4);
      const adding = Promise.all(numbers(40).map(() => addBattery(suite.hub, id)));
      const clients = await Promise.all(
        [0, 1, 2, 3, 4, 0, 2, 4].map(async (since, i) => {
          const { client } = await comeBack(DOORS[i % DOORS.length]!, stationAt(id), since);
          return { client, since };
        }),
      );
      await adding;
      for (const { client, since } of clients) {
        const told = await soFar(client);
        expect(places(told)).to.eql(numbers(44 - since, since + 1));
        const totals = told.flatMap(([type, { total_batteries }]) =>
          type === "inventory_update" ? total_batteries : [],
        );
        expect(totals, "never goes back").to.eql([...(totals as number[])].sort((a, b) => a - b));
        expect(totals.at(-1)).to.equal(44);
      }
    });

    it("gets after a snapshot what that does not show, and nothing that it does, whatever is going on", async function () {
      this.timeout(60_000);
      const id = await stationAtPlace(1);
      const adding = Promise.all(numbers(30).map(() => addBattery(suite.hub, id)));
      const snapshots: Payload[] = [];
      for (let i = 0; i < 5; i++) snapshots.push(await get(`/api/stations/${id}`));
      await adding;
      snapshots.push(await get(`/api/stations/${id}`));
      const [listed] = (await get(`/api/stations?after=${id - 1}&limit=1`)).items as Payload[];
      expect(listed).to.eql(snapshots.at(-1));
      expect(listed).to.include({ total_batteries: 31, seq: 31 });
      for (const { seq, total_batteries } of snapshots) {
        expect(seq, "each battery is a message").to.be.at.most(total_batteries as number);
        const { client } = await comeBack(plainDoor, stationAt(id), seq as number);
        const missed = (await soFar(client)).filter(([type]) => type === "battery_added");
        expect(missed.at(-1)?.[1].total_batteries ?? 31).to.equal(31);
        expect(places(missed)).to.eql(numbers(31 - (seq as number), (seq as number) + 1));
      }
    });
  },
  BATTERY_DOOR,
);

onBothStores(
  "a request to the battery app that comes again under its Idempotency-Key",
  (suite) => {
    let keys = 0;
    /** The same request three times, the first two at once; what each is answered. */
    const thrice = async (as: "customer" | "operator", method: string, path: string, body: unknown = {}) => {
      const call = () => suite.hub.call(as, method, path, body, { "Idempotency-Key": key });
      const key = `battery ${++keys}`;
      const answers = [...(await Promise.all([call(), call()])), await call()];
      for (const answer of answers)
        expect({ ...answer.body, instance: "" }).to.eql({ ...answers[0]?.body, instance: "" });
      return answers[0]!;
    };

    it("changes a station once, and is told once to each room", async () => {
      const created = await thrice("operator", "POST", "/api/stations", { name: "Once" });
      const id = created.body.id as number;
      const later = await suite.hub.call(undefined, "GET", `/api/stations?after=${id}`);
      expect(later.body.items, "no second one").to.eql([]);
      const [all, one, user] = [
        await suite.connect(plainDoor, stationsAt()),
        await suite.connect(plainDoor, stationAt(id)),
        await suite.connect(plainDoor, notificationsAt(await suite.hub.token("customer"))),
      ];
      const before = await Promise.all([all, one, user].map(async (client) => (await soFar(client)).length));
      const path = `/api/stations/${id}`;
      expect((await thrice("operator", "POST", `${path}/batteries`, { info: "A battery" })).status).to.equal(201);
      expect((await thrice("operator", "PATCH", path, { status: "online", message: "Here" })).status).to.equal(200);
      const booked = await thrice("customer", "POST", `${path}/bookings`);
      expect(booked.status).to.equal(201);
      const bookingPath = `${path}/bookings/${booked.body.booking_id}`;
      expect((await thrice("operator", "POST", `${bookingPath}/ready`)).body.status).to.equal("ready");
      expect((await thrice("customer", "POST", `${bookingPath}/collect`)).body.status).to.equal("collected");
      expect((await thrice("customer", "POST", `${path}/bookings`)).status, "the station is empty").to.equal(409);

      const told = await Promise.all(
        [all, one, user].map(async (client, i) => (await soFar(client)).slice(before[i]).map(([type]) => type)),
      );
      const expected = [
        ...["battery_added", "inventory_update", "station_status"],
        ...["battery_booked", "inventory_update", "battery_collected", "inventory_update"],
      ];
      expect(told).to.eql([expected, expected, ["booking_confirmed", "booking_ready"]]);
    });
  },
  BATTERY_DOOR,
);
