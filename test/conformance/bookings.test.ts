import { expect } from "chai";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { DOORS, plainDoor, rawClient } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import {
  BOOKINGS_DOOR,
  bookingsAt,
  changeBooking,
  join,
  newBooking,
  newTicket,
  reportLocation,
  say,
  soFar,
  told,
} from "./bookings-data.ts";
import { TIMESTAMP } from "./targets.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

onBothStores(
  "the bookings app",
  (suite) => {
    for (const door of DOORS) {
      describe(`through ${door.name}`, () => {
        const enter = async (user: "customer" | "technician" | "admin" = "customer") => {
          const client = await suite.connect(door, bookingsAt(await suite.hub.token(user)));
          await client.next("connected");
          return client;
        };

        it("greets with connected, which says who one is", async () => {
          const client = await suite.connect(door, bookingsAt(await suite.hub.token("customer")));
          const greeting = await client.next("connected");
          expect(greeting).to.have.all.keys("userId", "timestamp");
          expect(greeting.userId).to.equal(DEMO_USERS.customer.id);
          expect(greeting.timestamp).to.match(TIMESTAMP);
          expect(await soFar(client)).to.have.lengthOf(1);
        });

        it("is also at /bookings/ws", async () => {
          const client = await suite.connect(door, bookingsAt(await suite.hub.token("customer"), "/bookings/ws/"));
          expect(await client.next("connected")).to.include({ userId: DEMO_USERS.customer.id });
        });

        it("takes the token that the document's login gives", async () => {
          const body = { phone: "+966500000001", password: "password123" };
          const login = await suite.hub.call(undefined, "POST", "/api/v2/auth/login", body);
          const client = await suite.connect(door, bookingsAt(login.body.access_token as string));
          expect(await client.next("connected")).to.include({ userId: DEMO_USERS.customer.id });
        });

        it("refuses who has no token, or a bad one, with the document's error and 1008", async () => {
          const none = await door.refused(suite.hub.url, bookingsAt(undefined));
          expect(none).to.include({ code: 1008, reason: "Authentication Required" });
          expect(none.message).to.be.a("string").that.is.not.empty;
          const bad = await door.refused(suite.hub.url, bookingsAt("not-a-token"));
          expect(bad).to.include({ code: 1008, reason: "Invalid Token" });
        });

        it("answers join with joined_room and leave with left_room", async () => {
          const client = await enter();
          const room = `booking:${await newBooking(suite.hub)}`;
          const joined = await join(client, room);
          expect(joined).to.have.all.keys("room", "timestamp");
          expect(joined.room).to.equal(room);
          expect(joined.timestamp).to.match(TIMESTAMP);
          client.send("leave", { room });
          const left = await client.next("left_room");
          expect(left).to.have.all.keys("room", "timestamp");
          expect(left.room).to.equal(room);
          expect(left.timestamp).to.match(TIMESTAMP);
        });

        it("sends status_update to the room of the booking and, without a join, to its owner", async () => {
          const [owner, technician] = [await enter(), await enter("technician")];
          const id = await newBooking(suite.hub);
          await join(technician, `booking:${id}`);
          expect((await changeBooking(suite.hub, "technician", id, { status: "en_route" })).status).to.equal(200);
          for (const client of [owner, technician]) {
            const update = await client.next("status_update");
            expect(update).to.have.all.keys("bookingId", "status", "timestamp", "seq");
            expect(update).to.include({ bookingId: id, status: "en_route" });
            expect(update.timestamp).to.match(TIMESTAMP);
          }
        });

        it("sends status_update once to a client that is in both rooms", async () => {
          const owner = await enter();
          const id = await newBooking(suite.hub);
          await join(owner, `booking:${id}`);
          await join(owner, `user:${DEMO_USERS.customer.id}`);
          await changeBooking(suite.hub, "technician", id, { status: "arrived" });
          expect(await told(owner, "status_update")).to.have.lengthOf(1);
        });

        it("sends message to the room of the ticket, in the document's shape", async () => {
          const [creator, admin] = [await enter(), await enter("admin")];
          const ticketId = await newTicket(suite.hub);
          await join(creator, `support:${ticketId}`);
          await join(admin, `support:${ticketId}`);
          const { body } = await say(suite.hub, "admin", ticketId, "Hello, how can I help?");
          for (const client of [creator, admin]) {
            const sent = await client.next("message");
            expect(sent).to.have.all.keys("ticketId", "senderId", "message", "timestamp", "seq");
            expect(sent).to.include({ ticketId, senderId: DEMO_USERS.admin.id, seq: 1 });
            expect(sent.timestamp).to.match(TIMESTAMP);
            const { id, createdAt } = body;
            expect(id).to.match(UUID);
            expect(createdAt).to.match(TIMESTAMP);
            expect(sent.message).to.eql({ id, message: "Hello, how can I help?", createdAt });
          }
        });

        it("sends location_update to the room of the booking, and to nobody else", async () => {
          const [watching, owner] = [await enter(), await enter()];
          const id = await newBooking(suite.hub);
          await join(watching, `booking:${id}`);
          expect((await reportLocation(suite.hub, "technician", id, 24.7136, 46.6753)).status).to.equal(200);
          const update = await watching.next("location_update");
          expect(update).to.have.all.keys("bookingId", "location", "timestamp");
          expect(update.bookingId).to.equal(id);
          expect(update.location).to.eql({ latitude: 24.7136, longitude: 46.6753 });
          expect(update.timestamp).to.match(TIMESTAMP);
          expect(await told(owner, "location_update")).to.eql([]);
        });

        it("shows who joins where the technician was last, right after joined_room", async () => {
          const client = await enter();
          const id = await newBooking(suite.hub);
          await reportLocation(suite.hub, "technician", id, 1, 2);
          await reportLocation(suite.hub, "technician", id, 3, 4);
          await join(client, `booking:${id}`);
          const last = await client.next("location_update");
          expect(last).to.have.all.keys("bookingId", "location", "timestamp");
          expect(last.location).to.eql({ latitude: 3, longitude: 4 });
          const types = (await soFar(client)).map(([type]) => type);
          expect(types).to.eql(["connected", "joined_room", "location_update"]);
        });

        it("shows no location where none is known: not before, not of another technician, not afterwards", async () => {
          const client = await enter("admin");
          const id = await newBooking(suite.hub, null);
          const locationOnJoin = async (): Promise<number> => {
            await join(client, `booking:${id}`);
            return (await told(client, "location_update")).length;
          };
          expect(await locationOnJoin()).to.equal(0);
          await changeBooking(suite.hub, "admin", id, { technicianId: DEMO_USERS.technician.id });
          await reportLocation(suite.hub, "technician", id, 1, 2);
          expect(await locationOnJoin()).to.equal(2);
          await changeBooking(suite.hub, "technician", id, { status: "completed" });
          expect(await locationOnJoin()).to.equal(2);
        });

        it("sends nothing of a room to those who have left it", async () => {
          const technician = await enter("technician");
          const [id, ticketId] = [await newBooking(suite.hub), await newTicket(suite.hub)];
          await join(technician, `booking:${id}`);
          technician.send("leave", { room: `booking:${id}` });
          expect(await technician.next("left_room")).to.include({ room: `booking:${id}` });
          await changeBooking(suite.hub, "technician", id, { status: "en_route" });
          await reportLocation(suite.hub, "technician", id, 1, 2);
          await say(suite.hub, "customer", ticketId, "Anybody there?");
          expect((await soFar(technician)).map(([type]) => type)).to.eql(["connected", "joined_room", "left_room"]);
        });

        it("answers what it does not understand with error and stays", async () => {
          const client = await enter();
          const wrong: [string, Record<string, unknown>][] = [
            ["jump", { room: "booking:1" }],
            ["join", {}],
            ["join", { room: 7 }],
            ["leave", { room: null }],
            ["typing", { room: "booking:1" }],
            ["typing", { room: "booking:1", data: { isTyping: "yes" } }],
          ];
          for (const [type, payload] of wrong) {
            client.send(type, payload);
            const error = await client.next("error");
            expect(error, type).to.have.all.keys("message", "timestamp");
            expect(error.timestamp).to.match(TIMESTAMP);
          }
          expect(await join(client, `user:${DEMO_USERS.customer.id}`)).to.be.an("object");
        });
      });
    }

    it("answers unparsable JSON with the document's error and stays", async () => {
      const ws = await rawClient(suite.hub.url, bookingsAt(await suite.hub.token("customer")));
      const next = (type: string) =>
        new Promise<Record<string, unknown>>((resolve) => {
          ws.on("message", (data) => {
            const message = JSON.parse(data.toString()) as Record<string, unknown>;
            if (message.type === type) resolve(message);
          });
        });
      const [error, joined] = [next("error"), next("joined_room")];
      ws.send("{");
      expect(await error).to.have.all.keys("type", "message", "timestamp");
      ws.send(JSON.stringify({ type: "join", room: `user:${DEMO_USERS.customer.id}` }));
      await joined;
      ws.close();
    });

    it("carries a room over both doors", async () => {
      const id = await newBooking(suite.hub);
      const token = await suite.hub.token("technician");
      const clients = await Promise.all(DOORS.map((door) => suite.connect(door, bookingsAt(token))));
      for (const client of clients) await join(client, `booking:${id}`);
      await changeBooking(suite.hub, "admin", id, { status: "in_progress" });
      const updates = await Promise.all(clients.map((client) => client.next("status_update")));
      expect(updates[0]).to.include({ bookingId: id, status: "in_progress" });
      expect(updates[1]).to.eql(updates[0]);
    });

    it("tells everybody of the statuses of a booking in one order", async () => {
      const id = await newBooking(suite.hub);
      const token = await suite.hub.token("customer");
      const clients = await Promise.all([...DOORS, plainDoor].map((door) => suite.connect(door, bookingsAt(token))));
      const steps = ["en_route", "arrived", "in_progress", "completed"];
      await Promise.all(steps.map((status) => changeBooking(suite.hub, "technician", id, { status })));
      for (const client of clients) {
        const statuses = (await told(client, "status_update")).map(({ status }) => status as string);
        expect(statuses.at(-1)).to.equal("completed");
        expect(statuses).to.eql(steps.filter((status) => statuses.includes(status)));
      }
    });
  },
  BOOKINGS_DOOR,
);
