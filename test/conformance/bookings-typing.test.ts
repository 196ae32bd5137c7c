import { expect } from "chai";
import { DEMO_TICKET_ID } from "../../src/apps/bookings/app.ts";
import { TYPING_MS } from "../../src/apps/bookings/typing.ts";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { DOORS, type Payload, plainDoor, type TestClient } from "../support/client.ts";
import { withHub } from "../support/suite.ts";
import { BOOKINGS_DOOR, bookingsAt, changeBooking, join, newBooking, told } from "./bookings-data.ts";

const ROOM = `support:${DEMO_TICKET_ID}`;
const userId = DEMO_USERS.customer.id;

describe("typing in the bookings app", () => {
  withHub(
    (suite) => {
      for (const door of DOORS) {
        describe(`through ${door.name}`, () => {
          let customer: TestClient;
          let admin: TestClient;

          beforeEach(async () => {
            customer = await suite.connect(door, bookingsAt(await suite.hub.token("customer")));
            admin = await suite.connect(door, bookingsAt(await suite.hub.token("admin")));
            for (const client of [customer, admin]) await join(client, ROOM);
          });

          const type = (client: TestClient, isTyping = true, room = ROOM): void => {
            client.send("typing", { room, data: { isTyping } });
          };
          /** What the admin has been told, once the hub has handled all that the customer has sent. */
          const seen = async (): Promise<unknown[]> => {
            await told(customer);
            return (await told(admin, "typing")).map(({ isTyping }) => isTyping);
          };

          it("goes to the others in the room, never back", async () => {
            type(customer);
            expect(await admin.next("typing")).to.eql({ userId, isTyping: true });
            type(customer, false);
            expect(await admin.next("typing")).to.eql({ userId, isTyping: false });
            expect(await told(customer, "typing")).to.eql([]);
          });

          it("is passed on from members only", async () => {
            const elsewhere = `user:${userId}`;
            const stranger = await suite.connect(door, bookingsAt(await suite.hub.token("secondCustomer")));
            for (const room of [ROOM, elsewhere, "support:nothing"]) {
              type(stranger, true, room);
              const error = await stranger.next("error");
              expect(error).to.have.all.keys("message", "room", "timestamp");
              expect(error.room).to.equal(room);
            }
            customer.send("leave", { room: ROOM });
            type(customer);
            expect(await customer.next("error")).to.include({ room: ROOM });
            expect(await seen()).to.eql([]);
          });

          it("stops by itself 5 seconds after it was last said", async () => {
            type(customer);
            expect(await seen()).to.eql([true]);
            suite.hub.clock.advance(TYPING_MS - 1);
            type(customer);
            expect(await seen()).to.eql([true, true]);
            suite.hub.clock.advance(TYPING_MS - 1);
            expect(await seen()).to.eql([true, true]);
            suite.hub.clock.advance(1);
            expect(await seen()).to.eql([true, true, false]);
            suite.hub.clock.advance(10 * TYPING_MS);
            expect(await seen()).to.eql([true, true, false]);
          });

          it("does not stop a second time when it has been stopped", async () => {
            type(customer);
            type(customer, false);
            expect(await seen()).to.eql([true, false]);
            suite.hub.clock.advance(TYPING_MS);
            expect(await seen()).to.eql([true, false]);
          });

          it("stops when the client leaves the room", async () => {
            type(customer);
            customer.send("leave", { room: ROOM });
            expect(await seen()).to.eql([true, false]);
            suite.hub.clock.advance(TYPING_MS);
            expect(await seen()).to.eql([true, false]);
          });

          it("stops in every room when the client is gone", async () => {
            const booking = `booking:${await newBooking(suite.hub)}`;
            await join(customer, booking);
            await join(admin, booking);
            type(customer);
            type(customer, true, booking);
            await admin.next("typing");
            await admin.next("typing");
            await customer.close();
            const stopped: Payload[] = [await admin.next("typing"), await admin.next("typing")];
            expect(stopped).to.eql(Array(2).fill({ userId, isTyping: false }));
          });

          it("stops for the others when the technician who types is unassigned", async () => {
            const id = await newBooking(suite.hub);
            const technician = await suite.connect(door, bookingsAt(await suite.hub.token("technician")));
            for (const client of [technician, admin]) await join(client, `booking:${id}`);
            type(technician, true, `booking:${id}`);
            await admin.next("typing");
            await changeBooking(suite.hub, "admin", id, { technicianId: null });
            type(technician, true, `booking:${id}`);
            expect(await technician.next("error")).to.include({ room: `booking:${id}` });
            suite.hub.clock.advance(TYPING_MS);
            expect(await admin.next("typing")).to.eql({ userId: DEMO_USERS.technician.id, isTyping: false });
          });
        });
      }

      it("leaves no timer behind", async () => {
        const before = suite.hub.clock.pending;
        for (const ending of ["stop", "silence", "leave", "close"]) {
          const client = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("customer")));
          await join(client, ROOM);
          const idle = suite.hub.clock.pending;
          for (let i = 0; i < 3; i++) client.send("typing", { room: ROOM, data: { isTyping: true } });
          await told(client);
          expect(suite.hub.clock.pending, ending).to.equal(idle + 1);
          if (ending === "stop") client.send("typing", { room: ROOM, data: { isTyping: false } });
          if (ending === "silence") suite.hub.clock.advance(TYPING_MS);
          if (ending === "leave") client.send("leave", { room: ROOM });
          if (ending !== "close") {
            await told(client);
            expect(suite.hub.clock.pending, ending).to.equal(idle);
          }
          await client.close();
          await suite.emptied();
          expect(suite.hub.clock.pending, ending).to.equal(before);
        }
      });
    },
    { file: BOOKINGS_DOOR },
  );
});
