import { expect } from "chai";
import { DEMO_BOOKING_ID, DEMO_TICKET_ID } from "../../src/apps/bookings/app.ts";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { DOORS, type TestClient } from "../support/client.ts";
import type { DemoUserName } from "../support/hub.ts";
import { onBothStores } from "../support/suite.ts";
import {
  BOOKINGS_DOOR,
  bookingsAt,
  changeBooking,
  join,
  MISSING,
  newBooking,
  newTicket,
  OTHER_TECHNICIAN,
  say,
  soFar,
  TECHNICIAN,
  told,
} from "./bookings-data.ts";
import { TIMESTAMP } from "./targets.ts";

/** Whoever may try to enter a room: a demo user, or somebody by claims that a token of theirs would have. */
const PEOPLE: Record<string, [DemoUserName, Record<string, unknown>]> = {
  "the customer": ["customer", {}],
  "another customer": ["secondCustomer", {}],
  "the technician": ["technician", {}],
  "a technician of other bookings": ["technician", { sub: OTHER_TECHNICIAN }],
  "an operator": ["operator", {}],
  "a stranger with a token from elsewhere": ["customer", { sub: "somebody@elsewhere", email: undefined }],
  "an admin": ["admin", {}],
};

/** The table of the document: by room pattern, the demo data's room and who may join it. */
const TABLE: Record<string, { room: string; allowed: string[] }> = {
  "booking:*": { room: `booking:${DEMO_BOOKING_ID}`, allowed: ["the customer", "the technician", "an admin"] },
  "support:*": { room: `support:${DEMO_TICKET_ID}`, allowed: ["the customer", "an admin"] },
  "user:*": { room: `user:${DEMO_USERS.customer.id}`, allowed: ["the customer", "an admin"] },
};

onBothStores(
  "the rooms of the bookings app",
  (suite) => {
    for (const door of DOORS) {
      describe(`through ${door.name}`, () => {
        const enter = async (user: DemoUserName, claims: Record<string, unknown> = {}): Promise<TestClient> => {
          const client = await suite.connect(door, bookingsAt(await suite.hub.token(user, claims)));
          await client.next("connected");
          return client;
        };

        for (const [pattern, { room, allowed }] of Object.entries(TABLE)) {
          for (const [person, [user, claims]] of Object.entries(PEOPLE)) {
            if (allowed.includes(person)) {
              it(`lets ${person} into ${pattern}`, async () => {
                expect(await join(await enter(user, claims), room)).to.include({ room });
              });
            } else {
              it(`refuses ${person} in ${pattern}, in the words for a room that does not exist`, async () => {
                const client = await enter(user, claims);
                const missing = `${pattern.slice(0, -1)}${MISSING}`;
                const errors = [];
                for (const refused of [room, missing]) {
                  client.send("join", { room: refused });
                  const error = await client.next("error");
                  expect(error).to.have.all.keys("message", "room", "timestamp");
                  expect(error.room).to.equal(refused);
                  expect(error.timestamp).to.match(TIMESTAMP);
                  errors.push(error.message);
                }
                expect(errors[0]).to.equal(errors[1]);
                client.send("typing", { room, data: { isTyping: true } });
                expect(await client.next("error")).to.include({ room });
                expect(await told(client, "joined_room")).to.eql([]);
              });
            }
          }
        }

        it("are closed to who has no token", async () => {
          const { code, reason } = await door.refused(suite.hub.url, bookingsAt(undefined));
          expect({ code, reason }).to.eql({ code: 1008, reason: "Authentication Required" });
        });

        it("send nothing to who was refused", async () => {
          const client = await enter("secondCustomer");
          const [id, ticketId] = [await newBooking(suite.hub), await newTicket(suite.hub)];
          for (const room of [`booking:${id}`, `support:${ticketId}`, `user:${DEMO_USERS.customer.id}`])
            client.send("join", { room });
          await changeBooking(suite.hub, "technician", id, { status: "en_route" });
          await say(suite.hub, "customer", ticketId, "Is anybody there?");
          const types = (await soFar(client)).map(([type]) => type);
          expect(types).to.eql(["connected", "error", "error", "error"]);
        });

        it("that cannot be are refused with an error that names them, even to an admin", async () => {
          const client = await enter("admin");
          const strange = ["", "booking", "booking:", "lobby:1", "booking:1", "booking:*", "support:null", "user:7"];
          const longer = [`booking:${DEMO_BOOKING_ID} `, `BOOKING:${DEMO_BOOKING_ID}`, `booking:${"x".repeat(9_000)}`];
          const odd = ["booking:\0", "booking:\ud800", `support:${DEMO_TICKET_ID}\n`, "__proto__", "user:$ne"];
          for (const room of [...strange, ...longer, ...odd]) {
            client.send("join", { room });
            const error = await client.next("error");
            expect(error, room).to.have.all.keys("message", "room", "timestamp");
            expect(error.room).to.equal(room);
          }
          client.send("leave", { room: "lobby:1" });
          expect(await client.next("error")).to.include({ room: "lobby:1" });
          expect(await told(client, "joined_room")).to.eql([]);
        });

        it("may be left without having been in them", async () => {
          const client = await enter("customer");
          client.send("leave", { room: `booking:${MISSING}` });
          expect(await client.next("left_room")).to.include({ room: `booking:${MISSING}` });
        });

        it("put a technician out who is unassigned, tell them so, and do not take them back", async () => {
          const id = await newBooking(suite.hub);
          const room = `booking:${id}`;
          const [owner, technician, twice] = [
            await enter("customer"),
            await enter("technician"),
            await enter("technician"),
          ];
          for (const client of [owner, technician, twice]) await join(client, room);
          const answer = await changeBooking(suite.hub, "admin", id, { technicianId: null });
          expect(answer.body).to.include({ status: "assigned", technicianId: null });
          for (const client of [technician, twice]) {
            const error = await client.next("error");
            expect(error).to.have.all.keys("message", "room", "timestamp");
            expect(error.room).to.equal(room);
            expect(error.message).to.equal("You are no longer assigned to this booking");
          }
          technician.send("join", { room });
          expect(await technician.next("error")).to.include({ room });
          await changeBooking(suite.hub, "admin", id, { status: "completed" });
          expect(await owner.next("status_update")).to.include({ bookingId: id, status: "completed" });
          for (const client of [technician, twice]) expect(await told(client, "status_update")).to.eql([]);
        });

        it("change hands with the booking: the new technician may come in, the old one is out", async () => {
          const id = await newBooking(suite.hub);
          const room = `booking:${id}`;
          const [old, next] = [await enter("technician"), await enter("technician", { sub: OTHER_TECHNICIAN })];
          await join(old, room);
          next.send("join", { room });
          expect(await next.next("error")).to.include({ room });
          await changeBooking(suite.hub, "admin", id, { technicianId: OTHER_TECHNICIAN });
          expect(await old.next("error")).to.include({ room });
          await join(next, room);
          await changeBooking(suite.hub, "admin", id, { status: "en_route" });
          expect(await next.next("status_update")).to.include({ status: "en_route" });
          expect(await told(old, "status_update")).to.eql([]);
        });

        it("take a technician back who is assigned again", async () => {
          const id = await newBooking(suite.hub);
          const technician = await enter("technician");
          await join(technician, `booking:${id}`);
          await changeBooking(suite.hub, "admin", id, { technicianId: null });
          await changeBooking(suite.hub, "admin", id, { technicianId: TECHNICIAN });
          await join(technician, `booking:${id}`);
          await changeBooking(suite.hub, "technician", id, { status: "arrived" });
          expect(await technician.next("status_update")).to.include({ status: "arrived" });
        });

        it("keep the technician when something else changes", async () => {
          const id = await newBooking(suite.hub);
          const technician = await enter("technician");
          await join(technician, `booking:${id}`);
          await changeBooking(suite.hub, "admin", id, { technicianId: TECHNICIAN, status: "en_route" });
          await changeBooking(suite.hub, "admin", id, { technicianId: TECHNICIAN });
          expect(await told(technician, "error")).to.eql([]);
          expect(await told(technician, "status_update")).to.have.lengthOf(1);
        });

        it("put out who was let in as an admin and comes back with a lesser token", async () => {
          const id = await newBooking(suite.hub);
          const [foreign, own] = [`booking:${id}`, `user:${DEMO_USERS.admin.id}`];
          const client = await enter("admin");
          for (const room of [foreign, own, `user:${DEMO_USERS.customer.id}`]) await join(client, room);
          client.send("refresh", { token: await suite.hub.token("admin") });
          expect(await told(client, "error")).to.eql([]);
          client.send("refresh", { token: await suite.hub.token("admin", { role: "customer" }) });
          const lost = [await client.next("error"), await client.next("error")].map(({ room }) => room);
          expect(lost).to.have.members([foreign, `user:${DEMO_USERS.customer.id}`]);
          await changeBooking(suite.hub, "technician", id, { status: "en_route" });
          expect(await told(client, "status_update")).to.eql([]);
        });
      });
    }
  },
  BOOKINGS_DOOR,
);
