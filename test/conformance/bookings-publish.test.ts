import { expect } from "chai";
import { DEMO_BOOKING_ID } from "../../src/apps/bookings/app.ts";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { DOORS, plainDoor } from "../support/client.ts";
import type { DemoUserName } from "../support/hub.ts";
import { withHub } from "../support/suite.ts";
import { BOOKINGS_DOOR, bookingsAt, join, told } from "./bookings-data.ts";

const room = `booking:${DEMO_BOOKING_ID}`;
const data = { bookingId: DEMO_BOOKING_ID, status: "arrived", timestamp: "2030-01-01T00:00:00.000Z" };
const update = { app: "bookings", room, type: "status_update", data };

describe("POST /api/publish", () => {
  withHub(
    (suite) => {
      const publish = (as: DemoUserName | undefined, body: unknown) => suite.hub.call(as, "POST", "/api/publish", body);

      for (const door of DOORS) {
        it(`sends a declared message to the members of a room, and to nobody else, through ${door.name}`, async () => {
          const member = await suite.connect(door, bookingsAt(await suite.hub.token("customer")));
          const other = await suite.connect(door, bookingsAt(await suite.hub.token("customer")));
          await join(member, room);
          const { status, body } = await publish("admin", { ...update, data: { ...data, secret: "not declared" } });
          expect({ status, body }).to.eql({ status: 200, body: { published: true } });
          expect(await member.next("status_update"))
            .to.have.all.keys(...Object.keys(data), "seq")
            .and.include(data);
          expect(await told(other, "status_update")).to.eql([]);
        });
      }

      it("is for admins only", async () => {
        for (const as of ["customer", "technician", "operator"] as const)
          expect((await publish(as, update)).status).to.equal(403);
        expect((await publish(undefined, update)).status).to.equal(401);
      });

      it("knows the apps and their messages, and no others", async () => {
        const wrong = [
          { app: "nothing" },
          { app: "events" },
          { type: "nothing" },
          { type: "join" },
          { type: "toString" },
          { app: "__proto__" },
        ];
        for (const part of wrong) {
          const { status, body, headers } = await publish("admin", { ...update, ...part });
          expect(status, JSON.stringify(part)).to.equal(400);
          expect(headers.get("Content-Type")).to.contain("application/problem+json");
          expect(body.detail).to.contain("declares no message");
        }
      });

      it("sends nothing that breaks the message's schema", async () => {
        const member = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("customer")));
        await join(member, room);
        const wrong = [{}, { ...data, status: "flying" }, { ...data, bookingId: "1" }, { ...data, timestamp: "today" }];
        for (const part of wrong) expect((await publish("admin", { ...update, data: part })).status).to.equal(400);
        for (const body of [{ ...update, data: "x" }, { ...update, room: "" }, { ...update, room: 7 }, {}])
          expect((await publish("admin", body)).status).to.equal(400);
        expect(await told(member, "status_update")).to.eql([]);
      });

      it("reaches a user wherever they are, by their own room", async () => {
        const clients = await Promise.all(
          DOORS.map(async (door) => suite.connect(door, bookingsAt(await suite.hub.token("customer")))),
        );
        for (const client of clients) await client.next("connected");
        await publish("admin", { ...update, room: `user:${DEMO_USERS.customer.id}` });
        for (const client of clients) expect(await client.next("status_update")).to.include(data);
      });
    },
    { file: BOOKINGS_DOOR },
  );
});
