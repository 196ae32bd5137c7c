import { expect } from "chai";
import { onBothStores } from "../support/suite.ts";
import {
  newLot,
  notifications,
  PARKING_DOOR,
  parkingAt,
  placeless,
  reserve,
  subscribed,
  wsToken,
} from "./parking-data.ts";

onBothStores(
  "the parking app",
  (suite) => {
    for (const door of suite.doors) {
      describe(`through ${door.name}`, () => {
        const connect = async (as: "customer" | "admin" = "customer") =>
          suite.connect(door, parkingAt(await wsToken(suite.hub, as)));

        it("sends nothing before a client has subscribed, not even a greeting", async () => {
          const client = await connect();
          await reserve(suite.hub, await newLot(suite.hub));
          expect(await notifications(client)).to.eql([]);
          expect(client.log.map(([type]) => type)).to.eql(["error"]);
        });

        it("answers subscribe with subscribed and the types, each once", async () => {
          const client = await connect();
          const both = ["parking_lot", "reservation"];
          for (const [asked, answered] of [
            [["reservation"], ["reservation"]],
            [both, both],
            [[...both, ...both], both],
            [[], []],
          ]) {
            client.send("subscribe", { notification_types: asked });
            expect(await client.next("subscribed")).to.eql({ notification_types: answered });
          }
        });

        it("notifies of a new reservation as the document shows it", async () => {
          const client = await subscribed(suite, door, "customer", "reservation");
          const lotId = await newLot(suite.hub);
          const id = await reserve(suite.hub, lotId);
          expect(placeless(await client.next("notification"))).to.eql({
            message: "New reservation created",
            data: { reservation_id: id, status: "active", parking_lot_id: lotId },
            notification_type: "reservation",
          });
        });

        for (const [status, message] of [
          ["cancelled", "Reservation cancelled"],
          ["completed", "Reservation completed"],
        ]) {
          it(`notifies of a reservation that is ${status}, whoever does it`, async () => {
            const client = await subscribed(suite, door, "customer", "reservation");
            const lotId = await newLot(suite.hub);
            for (const as of ["customer", "operator", "admin"] as const) {
              const id = await reserve(suite.hub, lotId);
              await client.next("notification");
              await suite.hub.call(as, "PATCH", `/api/reservations/${id}`, { status });
              expect(placeless(await client.next("notification"))).to.eql({
                message,
                data: { reservation_id: id, status, parking_lot_id: lotId },
                notification_type: "reservation",
              });
            }
          });
        }

        it("notifies of free spots when a reservation takes one, when it gives it back, and when they are set", async () => {
          const client = await subscribed(suite, door, "secondCustomer", "parking_lot");
          const { hub } = suite;
          const lotId = await newLot(hub, 2, "Station");
          const id = await reserve(hub, lotId);
          await hub.call("customer", "PATCH", `/api/reservations/${id}`, { status: "cancelled" });
          await hub.call("operator", "PATCH", `/api/parking-lots/${lotId}`, { available_spots: 7 });
          const told = (available_spots: number, message: string) => ({
            message,
            data: { parking_lot_id: lotId, name: "Station", available_spots },
            notification_type: "parking_lot",
          });
          expect(await notifications(client)).to.eql([
            told(2, "Station: 2 spots available"),
            told(1, "Station: 1 spot available"),
            told(2, "Station: 2 spots available"),
            told(7, "Station: 7 spots available"),
          ]);
        });

        it("tells a client of both types the reservation first and then the lot", async () => {
          const client = await subscribed(suite, door, "customer", "reservation", "parking_lot");
          const lotId = await newLot(suite.hub);
          const id = await reserve(suite.hub, lotId);
          await suite.hub.call("customer", "PATCH", `/api/reservations/${id}`, { status: "completed" });
          const types = (await notifications(client)).map(({ notification_type }) => notification_type);
          expect(types).to.eql(["parking_lot", "reservation", "parking_lot", "reservation", "parking_lot"]);
        });

        it("tells of a reservation its user on every connection, and nobody else, not even an admin", async () => {
          const types = ["reservation", "parking_lot"];
          const mine = [
            await subscribed(suite, door, "customer", ...types),
            await subscribed(suite, door, "customer", ...types),
          ];
          const others = [
            await subscribed(suite, door, "secondCustomer", ...types),
            await subscribed(suite, door, "operator", ...types),
            await subscribed(suite, door, "admin", ...types),
          ];
          const lotId = await newLot(suite.hub);
          const id = await reserve(suite.hub, lotId);
          await suite.hub.call("operator", "PATCH", `/api/reservations/${id}`, { status: "cancelled" });
          for (const client of mine) {
            const own = (await notifications(client)).filter((one) => one.notification_type === "reservation");
            expect(own).to.have.length(2);
          }
          for (const client of others) {
            const told = await notifications(client);
            expect(told.map((one) => one.notification_type)).to.eql(["parking_lot", "parking_lot", "parking_lot"]);
            expect(JSON.stringify(told)).not.to.include("reservation_id");
          }
        });

        it("replaces what was subscribed to; an empty list ends it all", async () => {
          const client = await subscribed(suite, door, "customer", "reservation");
          const lotId = await newLot(suite.hub);
          client.send("subscribe", { notification_types: ["parking_lot"] });
          await client.next("subscribed");
          await reserve(suite.hub, lotId);
          expect((await notifications(client)).map((one) => one.notification_type)).to.eql(["parking_lot"]);
          client.send("subscribe", { notification_types: [] });
          await client.next("subscribed");
          await reserve(suite.hub, lotId);
          expect(await notifications(client)).to.have.length(1);
        });

        it("answers a wrong subscribe with an error, and what was subscribed to stays", async () => {
          const client = await subscribed(suite, door, "customer", "reservation");
          const wrong = [
            { notification_types: ["parking_lot", "weather"] },
            { notification_types: ["Reservation"] },
            { notification_types: [null] },
            { notification_types: "parking_lot" },
            { notification_types: { 0: "parking_lot" } },
            { notification_types: null },
            {},
          ];
          for (const payload of wrong) {
            client.send("subscribe", payload);
            const error = await client.next("error");
            expect(error).to.have.all.keys("message");
            expect(error.message).to.match(/^Invalid notification_types/);
          }
          await reserve(suite.hub, await newLot(suite.hub));
          expect((await notifications(client)).map((one) => one.notification_type)).to.eql(["reservation"]);
        });

        it("answers a type that it does not know with an error and stays open, also for refresh and ping", async () => {
          const client = await connect();
          for (const type of ["refresh", "ping", "unsubscribe", "notification", "constructor"]) {
            client.send(type, { token: "x" });
            expect(await client.next("error")).to.eql({ message: "Unknown message type" });
          }
        });

        it("hears nothing of a change that was refused or that changed nothing", async () => {
          const { hub } = suite;
          const lotId = await newLot(hub, 1);
          const id = await reserve(hub, lotId);
          const client = await subscribed(suite, door, "customer", "reservation", "parking_lot");
          for (const status of ["active", "parked"]) {
            await hub.call("customer", "PATCH", `/api/reservations/${id}`, { status });
          }
          await hub.call("secondCustomer", "PATCH", `/api/reservations/${id}`, { status: "cancelled" });
          await hub.call("customer", "POST", "/api/reservations", { parking_lot_id: lotId });
          await hub.call("customer", "PATCH", `/api/parking-lots/${lotId}`, { available_spots: 3 });
          await hub.call("operator", "PATCH", `/api/parking-lots/${lotId}`, { available_spots: -1 });
          expect(await notifications(client)).to.eql([]);
        });

        it("lets an admin publish the notification of the document to one user, and to all who watch lots", async () => {
          const { hub } = suite;
          const client = await subscribed(suite, door, "customer", "reservation", "parking_lot");
          const userId = "00000000-0000-4000-8000-000000000001";
          const own = {
            message: "New reservation created",
            data: { reservation_id: 123, status: "active" },
            notification_type: "reservation",
          };
          const lot = {
            message: "Closed tonight",
            data: { parking_lot_id: 1, name: "City Hall Parking", available_spots: 0 },
            notification_type: "parking_lot",
          };
          const publish = (room: string, data: unknown) =>
            hub.call("admin", "POST", "/api/publish", { app: "parking", room, type: "notification", data });
          expect((await publish(`user:${userId}:reservation`, own)).status).to.equal(200);
          expect((await publish("parking_lot", lot)).status).to.equal(200);
          expect((await publish("parking_lot", { ...lot, data: { anything: 1 } })).status).to.equal(400);
          expect(await notifications(client)).to.eql([own, lot]);
        });
      });
    }

    it("puts clients of all doors into the same rooms", async () => {
      const clients = await Promise.all(suite.doors.map((door) => subscribed(suite, door, "customer", "reservation")));
      await reserve(suite.hub, await newLot(suite.hub));
      const told = await Promise.all(clients.map((client) => client.next("notification")));
      for (const one of told) expect(one).to.eql(told[0]);
    });
  },
  PARKING_DOOR,
);
