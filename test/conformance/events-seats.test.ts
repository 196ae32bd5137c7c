import { expect } from "chai";
import { DOORS, type Payload, plainDoor, socketIoDoor, type TestClient } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { book, newEvent } from "./event-data.ts";
import { eventAt, eventsAt } from "./targets.ts";

/** The messages about seats that the client has had, in order. */
function seatMessages(client: TestClient): [string, Payload][] {
  return client.log.filter(([type]) => /^(seat_update|booking_created|booking_cancelled)$/.test(type));
}

onBothStores("the seats of an event", (suite) => {
  const watch = async (eventId: number, door = plainDoor) => {
    const client = await suite.connect(door, eventAt(eventId, await suite.hub.token("customer")));
    await client.next("seat_update");
    return client;
  };

  it("hold when 200 book the last 50 at once: exactly 50 get one, on every message there are 0 to 50", async function () {
    this.timeout(60_000);
    const id = await newEvent(suite.hub, { seatCapacity: 50 });
    const watchers = await Promise.all([watch(id, plainDoor), watch(id, socketIoDoor)]);

    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        suite.hub.call(i % 2 ? "customer" : "secondCustomer", "POST", `/api/events/${id}/bookings`, {}),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).to.have.lengthOf(50);
    expect(statuses.filter((status) => status === 409)).to.have.lengthOf(150);
    expect(new Set(answers.flatMap(({ body }) => body.bookingId ?? [])).size).to.equal(50);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.headers.get("Content-Type")).to.contain("application/problem+json");
    expect(refused?.body).to.include({ code: "conflict" });

    for (const watcher of watchers) {
      // The newest value is the last one: whoever has it has had them all.
      while (watcher.log.at(-1)?.[1].availableSeats !== 0 || watcher.log.at(-1)?.[0] !== "seat_update")
        await watcher.next("seat_update");
      const messages = seatMessages(watcher).slice(1);
      const left = messages.map(([, { availableSeats }]) => availableSeats as number);
      expect(left).to.eql(Array.from({ length: 50 }, (_, i) => [49 - i, 49 - i]).flat());
      for (const [type, { seatCapacity }] of messages) if (type === "seat_update") expect(seatCapacity).to.equal(50);
    }
    const { body } = await suite.hub.call("customer", "GET", `/api/events?after=${id - 1}&limit=1`);
    expect((body.items as Payload[])[0]).to.include({ id, availableSeats: 0, seatCapacity: 50 });
  });

  it("are told in the same order to all who watch, by whichever door and address they came", async () => {
    const id = await newEvent(suite.hub, { seatCapacity: 100 });
    const watchers = await Promise.all(DOORS.map((door) => watch(id, door)));
    for (const door of DOORS) {
      const client = await suite.connect(door, eventsAt(await suite.hub.token("operator")));
      client.send("subscribe_event", { eventId: id });
      await client.next("seat_update");
      watchers.push(client);
    }
    const bookings = await Promise.all([1, 2, 3, 4].map((seats) => book(suite.hub, id, seats)));
    await Promise.all(
      bookings.map((booking) => suite.hub.call("customer", "DELETE", `/api/events/${id}/bookings/${booking}`)),
    );
    await suite.hub.call("operator", "PATCH", `/api/events/${id}`, { seatCapacity: 101 });

    const told = await Promise.all(
      watchers.map(async (watcher) => {
        while (watcher.log.at(-1)?.[1].seatCapacity !== 101) await watcher.next("seat_update");
        return seatMessages(watcher);
      }),
    );
    expect(told[0]).to.have.lengthOf(1 + 4 * 2 + 4 * 2 + 1);
    for (const other of told.slice(1)) expect(other.slice(1)).to.eql(told[0]?.slice(1));
  });

  it("may be as many as the operator says, but not fewer than are booked", async () => {
    const id = await newEvent(suite.hub, { seatCapacity: 10 });
    await book(suite.hub, id, 6);
    const resize = (seatCapacity: unknown) =>
      suite.hub.call("operator", "PATCH", `/api/events/${id}`, { seatCapacity });
    expect((await resize(5)).status).to.equal(409);
    expect((await resize(6)).body).to.include({ availableSeats: 0, seatCapacity: 6 });
    expect((await resize(-1)).status).to.equal(400);
    expect((await resize("7")).status).to.equal(400);
    expect((await resize(100_001)).status).to.equal(400);
    expect((await resize(7)).body).to.include({ availableSeats: 1, seatCapacity: 7 });
  });

  it("are booked by anybody signed in and given back by the booker or an admin", async () => {
    const id = await newEvent(suite.hub);
    const [first, second] = [await book(suite.hub, id), await book(suite.hub, id)];
    const cancel = (as: "customer" | "secondCustomer" | "admin", booking: number) =>
      suite.hub.call(as, "DELETE", `/api/events/${id}/bookings/${booking}`);
    expect((await cancel("secondCustomer", first)).status).to.equal(403);
    expect((await cancel("customer", first)).body).to.include({ availableSeats: 9 });
    expect((await cancel("customer", first)).status).to.equal(404);
    expect((await cancel("admin", second)).body).to.include({ availableSeats: 10 });
    expect((await suite.hub.call(undefined, "POST", `/api/events/${id}/bookings`, {})).status).to.equal(401);
    for (const seats of [0, -1, 1.5, "1", null])
      expect((await suite.hub.call("customer", "POST", `/api/events/${id}/bookings`, { seats })).status).to.equal(400);
    expect((await suite.hub.call("customer", "POST", "/api/events/999999/bookings", {})).status).to.equal(404);
  });

  it("of a private event are for those on its list, and for others as if there were none", async () => {
    const id = await newEvent(suite.hub, { visibility: "private", allowedUserIds: [] });
    const hidden = await suite.hub.call("customer", "POST", `/api/events/${id}/bookings`, {});
    const missing = await suite.hub.call("customer", "POST", "/api/events/999999/bookings", {});
    expect([hidden.status, hidden.body.detail]).to.eql([404, missing.body.detail]);
    const listed = async (as: "customer" | "operator") =>
      ((await suite.hub.call(as, "GET", `/api/events?after=${id - 1}`)).body.items as Payload[]).map(
        (event) => event.id,
      );
    expect(await listed("customer")).not.to.include(id);
    expect(await listed("operator")).to.include(id);
  });

  it("are the business of operators and admins", async () => {
    const event = { name: "An evening", seatCapacity: 10 };
    expect((await suite.hub.call("customer", "POST", "/api/events", event)).status).to.equal(403);
    expect((await suite.hub.call("technician", "PATCH", "/api/events/123", { seatCapacity: 1 })).status).to.equal(403);
    expect((await suite.hub.call("admin", "POST", "/api/events", event)).status).to.equal(201);
    for (const wrong of [{ name: "" }, { seatCapacity: 0 }, { seatCapacity: 100_001 }, { visibility: "secret" }])
      expect((await suite.hub.call("admin", "POST", "/api/events", { ...event, ...wrong })).status).to.equal(400);
  });
});
