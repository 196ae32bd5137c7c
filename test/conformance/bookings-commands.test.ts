import { expect } from "chai";
import { plainDoor } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { BOOKINGS_DOOR, bookingsAt, join, newTicket, TECHNICIAN, told } from "./bookings-data.ts";
import { thrice } from "./repeating.ts";

onBothStores(
  "requests of the bookings app that come again under one Idempotency-Key",
  (suite) => {
    it("make one booking, and each of its changes once", async () => {
      const created = await thrice(suite.hub, "customer", "POST", "/api/v2/bookings", { service: "Plumbing" });
      expect(created.status).to.equal(201);
      const path = `/api/v2/bookings/${created.body.id}`;
      expect((await suite.hub.call("customer", "GET", path)).body).to.eql(created.body);
      const client = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("customer")));
      await join(client, `booking:${created.body.id}`);
      const assigned = await thrice(suite.hub, "admin", "PATCH", path, { technicianId: TECHNICIAN });
      expect(assigned.body).to.include({ technicianId: TECHNICIAN, status: "assigned" });
      expect((await thrice(suite.hub, "technician", "PATCH", path, { status: "en_route" })).body.status).to.equal(
        "en_route",
      );
      await thrice(suite.hub, "technician", "POST", `${path}/location`, { latitude: 1, longitude: 2 });
      expect((await thrice(suite.hub, "customer", "PATCH", path, { status: "cancelled" })).status).to.equal(200);
      const updates = await told(client, "status_update", "location_update");
      expect(updates.map(({ status, seq }) => [status, seq])).to.eql([
        ["assigned", 1],
        ["en_route", 2],
        [undefined, undefined],
        ["cancelled", 3],
      ]);
    });

    it("put a technician out once", async () => {
      const { body } = await thrice(suite.hub, "customer", "POST", "/api/v2/bookings", {
        service: "Oven",
        technicianId: TECHNICIAN,
      });
      const client = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("technician")));
      await join(client, `booking:${body.id}`);
      await thrice(suite.hub, "admin", "PATCH", `/api/v2/bookings/${body.id}`, { technicianId: null });
      expect(await told(client, "error")).to.have.lengthOf(1);
    });

    it("open one ticket, and say a thing once", async () => {
      const opened = await thrice(suite.hub, "customer", "POST", "/api/v2/support/tickets", { subject: "Late again" });
      expect(opened.status).to.equal(201);
      const id = await newTicket(suite.hub);
      const client = await suite.connect(plainDoor, bookingsAt(await suite.hub.token("customer")));
      await join(client, `support:${id}`);
      const path = `/api/v2/support/tickets/${id}/messages`;
      const said = await thrice(suite.hub, "customer", "POST", path, { message: "Hello?" });
      expect((await suite.hub.call("customer", "GET", path)).body).to.eql({ items: [said.body], seq: 1 });
      const messages = await told(client, "message");
      expect(messages.map(({ message }) => (message as { id: string }).id)).to.eql([said.body.id]);
    });
  },
  BOOKINGS_DOOR,
);
