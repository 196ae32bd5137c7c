import { expect } from "chai";
import { DEMO_BOOKING_ID, DEMO_TICKET_ID } from "../../src/apps/bookings/app.ts";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { plainDoor } from "../support/client.ts";
import type { DemoUserName } from "../support/hub.ts";
import { onBothStores } from "../support/suite.ts";
import {
  BOOKINGS_DOOR,
  bookingsAt,
  changeBooking,
  MISSING,
  newBooking,
  newTicket,
  OTHER_TECHNICIAN,
  reportLocation,
  say,
  TECHNICIAN,
  told,
} from "./bookings-data.ts";
import { TIMESTAMP } from "./targets.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Ids that nothing has; most are no UUIDs. */
const NO_IDS = [MISSING, "1", "null", "%00", "$ne", "x".repeat(600), `${DEMO_BOOKING_ID}x`, "..%2f"];

onBothStores(
  "the HTTP routes of the bookings app",
  (suite) => {
    const call = (as: DemoUserName | undefined, method: string, path: string, body?: unknown) =>
      suite.hub.call(as, method, path, body);
    const change = (as: DemoUserName, id: string, wish: Record<string, unknown>) =>
      changeBooking(suite.hub, as, id, wish);
    const owner = async () => {
      const client = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("customer")));
      await client.next("connected");
      return client;
    };

    describe("for bookings", () => {
      it("create one for whoever asks: pending, or assigned when the technician is given", async () => {
        const pending = await call("customer", "POST", "/api/v2/bookings", { service: " Plumbing " });
        expect(pending.status).to.equal(201);
        expect(pending.body).to.have.all.keys("id", "userId", "service", "status", "technicianId", "createdAt");
        const userId = DEMO_USERS.customer.id;
        expect(pending.body).to.include({ userId, service: "Plumbing", status: "pending", technicianId: null });
        expect(pending.body.id).to.match(UUID);
        expect(pending.body.createdAt).to.match(TIMESTAMP);
        const body = { service: "Cleaning", technicianId: TECHNICIAN };
        const assigned = await call("customer", "POST", "/api/v2/bookings", body);
        expect(assigned.body).to.include({ status: "assigned", technicianId: TECHNICIAN });
      });

      it("refuse to create what is no booking", async () => {
        const own = { service: "Plumbing", technicianId: DEMO_USERS.customer.id };
        const wrong = [{}, { service: "" }, { service: 7 }, { service: "x".repeat(201) }, own];
        for (const body of [...wrong, { service: "Plumbing", technicianId: "the best" }])
          expect((await call("customer", "POST", "/api/v2/bookings", body)).status).to.equal(400);
        expect((await call(undefined, "POST", "/api/v2/bookings", { service: "Plumbing" })).status).to.equal(401);
      });

      it("show one to its owner, its technician and admins; for others it does not exist", async () => {
        const path = `/api/v2/bookings/${DEMO_BOOKING_ID}`;
        for (const as of ["customer", "technician", "admin"] as const) {
          const { status, body } = await call(as, "GET", path);
          expect(status).to.equal(200);
          expect(body).to.include({ userId: DEMO_USERS.customer.id, technicianId: TECHNICIAN, status: "assigned" });
        }
        const missing = await call("admin", "GET", `/api/v2/bookings/${MISSING}`);
        for (const as of ["secondCustomer", "operator"] as const) {
          for (const answer of [
            await call(as, "GET", path),
            await change(as, DEMO_BOOKING_ID, { status: "cancelled" }),
            await reportLocation(suite.hub, as, DEMO_BOOKING_ID, 1, 2),
          ]) {
            expect([answer.status, answer.body.detail]).to.eql([404, missing.body.detail]);
          }
        }
        expect((await call(undefined, "GET", path)).status).to.equal(401);
      });

      it("answer 404 for ids that nothing has", async () => {
        for (const id of NO_IDS) {
          expect((await call("admin", "GET", `/api/v2/bookings/${id}`)).status, id).to.equal(404);
          expect((await change("admin", id, { status: "completed" })).status, id).to.equal(404);
          expect((await reportLocation(suite.hub, "admin", id, 1, 2)).status, id).to.equal(404);
        }
      });

      it("let the technician move the status forward, also over several steps, and never back", async () => {
        const id = await newBooking(suite.hub);
        const client = await owner();
        for (const status of ["en_route", "in_progress"]) {
          expect((await change("technician", id, { status })).body).to.include({ status });
        }
        for (const status of ["pending", "assigned", "arrived", "in_progress"]) {
          const { status: code, headers } = await change("technician", id, { status });
          expect(code, status).to.equal(409);
          expect(headers.get("Content-Type")).to.contain("application/problem+json");
        }
        expect((await change("technician", id, { status: "completed" })).status).to.equal(200);
        for (const status of ["completed", "cancelled", "pending"])
          expect((await change("admin", id, { status })).status, status).to.equal(409);
        const statuses = (await told(client, "status_update")).map(({ status }) => status);
        expect(statuses).to.eql(["en_route", "in_progress", "completed"]);
      });

      it("let the owner cancel, and do nothing else", async () => {
        const id = await newBooking(suite.hub);
        const client = await owner();
        expect((await change("customer", id, { status: "completed" })).status).to.equal(403);
        expect((await change("customer", id, { technicianId: OTHER_TECHNICIAN })).status).to.equal(403);
        expect((await change("customer", id, { technicianId: null })).status).to.equal(403);
        expect((await reportLocation(suite.hub, "customer", id, 1, 2)).status).to.equal(403);
        expect((await change("customer", id, { status: "cancelled" })).body).to.include({ status: "cancelled" });
        expect((await change("customer", id, { status: "cancelled" })).status).to.equal(409);
        expect(await told(client, "status_update")).to.have.lengthOf(1);
      });

      it("let the technician neither cancel nor assign", async () => {
        const id = await newBooking(suite.hub);
        expect((await change("technician", id, { status: "cancelled" })).status).to.equal(403);
        expect((await change("technician", id, { technicianId: null })).status).to.equal(403);
        const { body } = await call("technician", "GET", `/api/v2/bookings/${id}`);
        expect(body).to.include({ status: "assigned", technicianId: TECHNICIAN });
      });

      it("let an admin assign: the status becomes assigned when it was earlier, and only then", async () => {
        const id = await newBooking(suite.hub, null);
        const client = await owner();
        expect((await change("admin", id, { status: "confirmed" })).status).to.equal(200);
        const assigned = await change("admin", id, { technicianId: TECHNICIAN });
        expect(assigned.body).to.include({ status: "assigned", technicianId: TECHNICIAN });
        await change("admin", id, { status: "en_route" });
        const handed = await change("admin", id, { technicianId: OTHER_TECHNICIAN });
        expect(handed.body).to.include({ status: "en_route", technicianId: OTHER_TECHNICIAN });
        expect((await change("technician", id, { status: "arrived" })).status).to.equal(404);
        const statuses = (await told(client, "status_update")).map(({ status }) => status);
        expect(statuses).to.eql(["confirmed", "assigned", "en_route"]);
      });

      it("refuse changes that say nothing, or nothing that is known", async () => {
        const id = await newBooking(suite.hub);
        const own = DEMO_USERS.customer.id;
        for (const wish of [{}, { status: "done" }, { status: null }, { technicianId: "x" }, { technicianId: own }])
          expect((await change("admin", id, wish)).status, JSON.stringify(wish)).to.equal(400);
      });

      it("let only one of many at once make the same step", async () => {
        const id = await newBooking(suite.hub);
        const client = await owner();
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => change("technician", id, { status: "en_route" })),
        );
        expect(answers.filter(({ status }) => status === 200)).to.have.lengthOf(1);
        expect(answers.filter(({ status }) => status === 409)).to.have.lengthOf(19);
        expect(await told(client, "status_update")).to.have.lengthOf(1);
      });

      it("take locations on earth, from the technician or an admin, while there is work to do", async () => {
        const id = await newBooking(suite.hub);
        const report = (as: DemoUserName, latitude: unknown, longitude: unknown) =>
          reportLocation(suite.hub, as, id, latitude, longitude);
        const edges: [number, number][] = [
          [90, 180],
          [-90, -180],
        ];
        for (const [latitude, longitude] of edges) {
          const { status, body } = await report("technician", latitude, longitude);
          expect(status).to.equal(200);
          expect(body).to.have.all.keys("bookingId", "location", "timestamp");
          expect(body.location).to.eql({ latitude, longitude });
        }
        expect((await report("admin", 0, 0)).status).to.equal(200);
        const wrong: [unknown, unknown][] = [
          [90.01, 0],
          [-90.01, 0],
          [0, 180.01],
          [0, -180.01],
          ["1", 2],
          [null, 2],
          [1, undefined],
        ];
        for (const [latitude, longitude] of wrong)
          expect((await report("technician", latitude, longitude)).status, `${latitude}`).to.equal(400);
        await change("admin", id, { status: "cancelled" });
        expect((await report("technician", 1, 2)).status).to.equal(409);
        const nobodys = await newBooking(suite.hub, null);
        expect((await reportLocation(suite.hub, "admin", nobodys, 1, 2)).status).to.equal(409);
      });
    });

    describe("for support tickets", () => {
      const list = (as: DemoUserName | undefined, id: string, query = "") =>
        call(as, "GET", `/api/v2/support/tickets/${id}/messages${query}`);

      it("open one for whoever asks", async () => {
        const { status, body } = await call("customer", "POST", "/api/v2/support/tickets", { subject: "Late again" });
        expect(status).to.equal(201);
        expect(body).to.have.all.keys("id", "userId", "subject", "createdAt");
        expect(body).to.include({ userId: DEMO_USERS.customer.id, subject: "Late again" });
        expect(body.id).to.match(UUID);
        for (const wrong of [{}, { subject: " " }, { subject: "x".repeat(201) }])
          expect((await call("customer", "POST", "/api/v2/support/tickets", wrong)).status).to.equal(400);
      });

      it("keep what creator and admin say, numbered from 1, and give what comes after a seq", async () => {
        const id = await newTicket(suite.hub);
        expect((await list("customer", id)).body).to.eql({ items: [], seq: 0 });
        const sent = [
          await say(suite.hub, "customer", id, "Where are you?"),
          await say(suite.hub, "admin", id, "On our way."),
          await say(suite.hub, "customer", id, "Thanks."),
        ];
        expect(sent.map(({ status }) => status)).to.eql([201, 201, 201]);
        const [first] = sent.map(({ body }) => body);
        expect(first).to.have.all.keys("id", "ticketId", "seq", "senderId", "message", "createdAt");
        expect(first).to.include({ ticketId: id, seq: 1, senderId: DEMO_USERS.customer.id, message: "Where are you?" });
        expect(first?.id).to.match(UUID);
        for (const as of ["customer", "admin"] as const)
          expect((await list(as, id)).body.items).to.eql(sent.map(({ body }) => body));
        expect((await list("customer", id, "?after_seq=2")).body.items).to.eql([sent[2]?.body]);
        expect((await list("customer", id, "?after_seq=3")).body.items).to.eql([]);
        for (const wrong of ["-1", "x", "1.5", "1e99"])
          expect((await list("customer", id, `?after_seq=${wrong}`)).status).to.equal(400);
      });

      it("number messages that are said at once without gaps, and send each once, in order", async () => {
        const id = await newTicket(suite.hub);
        const client = await owner();
        client.send("join", { room: `support:${id}` });
        await client.next("joined_room");
        const sent = await Promise.all(
          Array.from({ length: 40 }, (_, i) => say(suite.hub, i % 2 ? "customer" : "admin", id, `Message ${i}`)),
        );
        const numbers = sent.map(({ body }) => body.seq as number).sort((left, right) => left - right);
        expect(numbers).to.eql(Array.from({ length: 40 }, (_, i) => i + 1));
        const items = (await list("customer", id)).body.items as Record<string, unknown>[];
        const heard = (await told(client, "message")).map(({ message }) => (message as { id: string }).id);
        expect(heard).to.eql(items.map((item) => item.id));
      });

      it("refuse what is no message", async () => {
        const id = await newTicket(suite.hub);
        for (const wrong of ["", "  \n", 7, null, "x".repeat(4_001)])
          expect((await say(suite.hub, "customer", id, wrong)).status).to.equal(400);
        expect((await say(suite.hub, "customer", id, "x".repeat(4_000))).status).to.equal(201);
      });

      it("do not exist for others, not even for the booking's technician", async () => {
        const missing = await list("admin", MISSING);
        expect(missing.status).to.equal(404);
        for (const as of ["secondCustomer", "technician", "operator"] as const) {
          for (const answer of [await list(as, DEMO_TICKET_ID), await say(suite.hub, as, DEMO_TICKET_ID, "Hello")])
            expect([answer.status, answer.body.detail]).to.eql([404, missing.body.detail]);
        }
        expect((await list(undefined, DEMO_TICKET_ID)).status).to.equal(401);
        for (const id of NO_IDS) {
          expect((await list("admin", id)).status, id).to.equal(404);
          expect((await say(suite.hub, "admin", id, "Hello")).status, id).to.equal(404);
        }
      });
    });
  },
  BOOKINGS_DOOR,
);
