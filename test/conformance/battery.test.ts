import { once } from "node:events";
import { expect } from "chai";
import type { WebSocket } from "ws";
import { type Payload, plainDoor, rawClient, socketIoDoor } from "../support/client.ts";
import { onBothStores, withHub } from "../support/suite.ts";
import {
  addBattery,
  BATTERY_DOOR,
  book,
  finish,
  newStation,
  placeless,
  soFar,
  stationAt,
  stationsAt,
  watch,
} from "./battery-data.ts";
import { TIMESTAMP } from "./targets.ts";

/** The messages without their timestamps and places, which must be good ones. */
function timeless(messages: [string, Payload][]): [string, Payload][] {
  return messages.map(([type, { timestamp, ...rest }]) => {
    expect(timestamp).to.match(TIMESTAMP);
    expect("seq" in rest).to.equal(type !== "inventory_update");
    return [type, placeless(rest)];
  });
}

onBothStores(
  "the stations of the battery app",
  (suite) => {
    for (const door of suite.doors) {
      describe(`through ${door.name}`, () => {
        it("greet who watches all, without a credential, and tell what each holds now", async () => {
          const id = await newStation(suite.hub, 2, "Harbour");
          const client = await suite.connect(door, stationsAt());
          expect(await client.next("connection_established")).to.eql({ message: "Connected to stations" });
          const [first, ...inventories] = await soFar(client);
          expect(first?.[0]).to.equal("connection_established");
          expect(new Set(inventories.map(([type]) => type))).to.eql(new Set(["inventory_update"]));
          const harbour = timeless(inventories).find(([, { station_id }]) => station_id === id)?.[1];
          expect(harbour).to.eql({
            station_id: id,
            station_name: "Harbour",
            available_batteries: 2,
            booked_batteries: 0,
            total_batteries: 2,
            action: "update",
          });
        });

        it("greet who watches one, and tell what it holds now", async () => {
          const client = await suite.connect(door, stationAt(2));
          expect(await client.next("connection_established")).to.eql({
            message: "Connected to station_2",
            station_id: 2,
          });
          const { body } = await suite.hub.call(undefined, "GET", "/api/stations/2");
          const { name, available_batteries, booked_batteries, total_batteries } = body;
          expect(timeless((await soFar(client)).slice(1))).to.eql([
            [
              "inventory_update",
              {
                station_id: 2,
                station_name: name,
                available_batteries,
                booked_batteries,
                total_batteries,
                action: "update",
              },
            ],
          ]);
        });

        it("refuse who asks for one that does not exist: error, 1008", async () => {
          for (const id of ["999999999", "0", "01", "1e0", "-1", "one", "9".repeat(30)]) {
            const told = await door.refused(suite.hub.url, stationAt(id));
            expect(told, id).to.include({ code: 1008, reason: "Not Found", message: "Station not found" });
          }
        });

        it("tell of a booking: battery_booked, then inventory_update, to their own channel and to that of all", async () => {
          const id = await newStation(suite.hub, 3, "Mill");
          const others = await newStation(suite.hub);
          const [one, all, other] = [
            await watch(suite, door, stationAt(id)),
            await watch(suite, door, stationsAt()),
            await watch(suite, door, stationAt(others)),
          ];
          const { battery_id } = await book(suite.hub, id);
          const about = { station_id: id, station_name: "Mill", available_batteries: 2, booked_batteries: 1 };
          const expected = [
            ["battery_booked", { ...about, battery_id, user: "u***@example.com" }],
            ["inventory_update", { ...about, total_batteries: 3, action: "book" }],
          ];
          expect(timeless(await one.told())).to.eql(expected);
          expect(timeless(await all.told())).to.eql(expected);
          expect(await other.told()).to.eql([]);
          await one.client.next("battery_booked");
        });

        it("tell of a collection: battery_collected, then inventory_update", async () => {
          const id = await newStation(suite.hub, 3, "Mill");
          const { battery_id, booking_id } = await book(suite.hub, id);
          const [one, all] = [await watch(suite, door, stationAt(id)), await watch(suite, door, stationsAt())];
          expect((await finish(suite.hub, "customer", id, booking_id, "collect")).status).to.equal(200);
          const about = { station_id: id, station_name: "Mill", available_batteries: 2, booked_batteries: 0 };
          const expected = [
            ["battery_collected", { ...about, battery_id }],
            ["inventory_update", { ...about, total_batteries: 2, action: "collect" }],
          ];
          expect(timeless(await one.told())).to.eql(expected);
          expect(timeless(await all.told())).to.eql(expected);
          await one.client.next("battery_collected");
        });

        it("tell of a new battery: battery_added, then inventory_update", async () => {
          const id = await newStation(suite.hub, 1, "Mill");
          const [one, all] = [await watch(suite, door, stationAt(id)), await watch(suite, door, stationsAt())];
          const battery_id = await addBattery(suite.hub, id);
          const about = { station_id: id, station_name: "Mill", available_batteries: 2, total_batteries: 2 };
          const expected = [
            ["battery_added", { ...about, battery_id }],
            ["inventory_update", { ...about, booked_batteries: 0, action: "add" }],
          ];
          expect(timeless(await one.told())).to.eql(expected);
          expect(timeless(await all.told())).to.eql(expected);
          await one.client.next("battery_added");
        });

        it("tell their status, with the operator's words or ours, also when it is what it was", async () => {
          const id = await newStation(suite.hub, 0, "Mill");
          const [one, all] = [await watch(suite, door, stationAt(id)), await watch(suite, door, stationsAt())];
          const about = { station_id: id, station_name: "Mill" };
          const said = [
            { status: "offline", message: "Back at noon" },
            { status: "maintenance" },
            { status: "online" },
            { status: "online", message: "We are here for you" },
          ];
          for (const body of said) {
            const answer = await suite.hub.call("operator", "PATCH", `/api/stations/${id}`, body);
            expect(answer.status).to.equal(200);
            expect(answer.body).to.include({ id, status: body.status });
          }
          const expected = [
            ["station_status", { ...about, status: "offline", message: "Back at noon" }],
            ["station_status", { ...about, status: "maintenance", message: "Station is under maintenance" }],
            ["station_status", { ...about, status: "online", message: "Station is now operational" }],
            ["station_status", { ...about, status: "online", message: "We are here for you" }],
          ];
          expect(timeless(await one.told())).to.eql(expected);
          expect(timeless(await all.told())).to.eql(expected);
          await one.client.next("station_status");
        });

        it("tell who watches all of a new one", async () => {
          const all = await watch(suite, door, stationsAt());
          const id = await newStation(suite.hub, 0, "New");
          expect(timeless(await all.told())).to.eql([
            [
              "inventory_update",
              {
                station_id: id,
                station_name: "New",
                available_batteries: 0,
                booked_batteries: 0,
                total_batteries: 0,
                action: "update",
              },
            ],
          ]);
          await all.client.next("inventory_update");
        });

        it("answer ping with pong and the same timestamp, or the hub's where there is none", async () => {
          for (const target of [stationsAt(), stationAt(1)]) {
            const client = await suite.connect(door, target);
            for (const timestamp of ["2024-02-27T10:30:00", "2024-02-27T10:30:00.000Z", "", "now"]) {
              client.send("ping", { timestamp });
              expect(await client.next("pong")).to.eql({ timestamp });
            }
            client.send("ping");
            expect(await client.next("pong")).to.eql({ timestamp: new Date(suite.hub.clock.now()).toISOString() });
          }
        });

        it("answer what is no message of theirs with the document's error, and go on", async () => {
          const client = await suite.connect(door, stationAt(1));
          client.send("subscribe", { station_id: 2 });
          expect(await client.next("error")).to.eql({ message: "Unknown message type" });
          client.send("ping", { timestamp: 7 });
          expect((await client.next("error")).message).to.match(/^Invalid timestamp/);
          await soFar(client);
        });
      });
    }
  },
  BATTERY_DOOR,
);

describe("the frames of the battery app", () => {
  withHub(
    (suite) => {
      async function answer(ws: WebSocket, frame: string): Promise<unknown> {
        ws.send(frame);
        for (;;) {
          const [data] = (await once(ws, "message")) as [Buffer];
          const message = JSON.parse(data.toString()) as Payload;
          if (message.type === "pong" || message.type === "error") return message;
        }
      }

      it("have their fields beside type", async () => {
        const ws = await rawClient(suite.hub.url, stationAt(1));
        const timestamp = "2024-02-27T10:30:00";
        const frame = JSON.stringify({ type: "ping", timestamp });
        expect(await answer(ws, frame)).to.eql({ type: "pong", timestamp });
        const wrong: Record<string, string> = {
          "not json": "Invalid JSON",
          "": "Invalid JSON",
          "[]": "Invalid message format",
          null: "Invalid message format",
          "{}": "Invalid message format",
          '{"type":1}': "Invalid message format",
          '{"type":"toString"}': "Unknown message type",
        };
        for (const [sent, message] of Object.entries(wrong)) {
          expect(await answer(ws, sent), sent).to.eql({ type: "error", message });
        }
        expect(await answer(ws, frame)).to.eql({ type: "pong", timestamp });
        ws.close();
        await once(ws, "close");
      });

      for (const path of ["/ws/stations", "/ws/stations/", "/battery/ws/stations", "/battery/ws/stations/"]) {
        it(`are spoken at ${path}`, async () => {
          const client = await suite.connect(plainDoor, stationsAt(path));
          expect(await client.next("connection_established")).to.eql({ message: "Connected to stations" });
        });
      }

      for (const path of ["/ws/stations/1", "/ws/stations/1/", "/battery/ws/stations/1", "/battery/ws/stations/1/"]) {
        it(`are spoken at ${path}`, async () => {
          const client = await suite.connect(plainDoor, stationAt(1, path));
          expect(await client.next("connection_established")).to.include({ station_id: 1 });
        });
      }
    },
    { file: BATTERY_DOOR },
  );
});

describe("battery.exposeUser", () => {
  withHub(
    (suite) => {
      it("shows to all who watch who has booked", async () => {
        const [one, all] = [
          await watch(suite, plainDoor, stationAt(1)),
          await watch(suite, socketIoDoor, stationsAt()),
        ];
        await book(suite.hub, 1, "secondCustomer");
        expect(await one.client.next("battery_booked")).to.include({ user: "user2@example.com" });
        expect(await all.client.next("battery_booked")).to.include({ user: "user2@example.com" });
      });
    },
    { file: { ...BATTERY_DOOR, battery: { exposeUser: true } } },
  );
});
