import { expect } from "chai";
import type { Payload, TestClient } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { book, newEvent } from "./event-data.ts";
import { eventAt, eventsAt, TIMESTAMP } from "./targets.ts";

/** Everything the client has been sent by the time the hub answers what it asks now. */
async function soFar(client: TestClient): Promise<[string, Payload][]> {
  client.send("ping");
  await client.next("pong");
  return client.log.filter(([type]) => type !== "pong");
}

onBothStores("the events app", (suite) => {
  for (const door of suite.doors) {
    describe(`through ${door.name}`, () => {
      const general = async () => {
        const client = await suite.connect(door, eventsAt(await suite.hub.token("customer")));
        await client.next("connection_established");
        return client;
      };
      const watching = async (eventId: number) => {
        const client = await suite.connect(door, eventAt(eventId, await suite.hub.token("customer")));
        await client.next("seat_update");
        return client;
      };

      describe("greets", () => {
        it("with connection_established, which names no event on /ws", async () => {
          const client = await suite.connect(door, eventsAt(await suite.hub.token("customer")));
          const greeting = await client.next("connection_established");
          expect(greeting).to.have.all.keys("clientId", "timestamp");
          expect(greeting.clientId).to.match(/^ws_\d+_[0-9a-z]+$/);
          expect(greeting.timestamp).to.match(TIMESTAMP);
          expect(await soFar(client)).to.have.lengthOf(1);
        });

        it("with connection_established, which names the event on /ws/events/{id}, then its seats", async () => {
          const client = await suite.connect(door, eventAt(123, await suite.hub.token("customer")));
          const greeting = await client.next("connection_established");
          expect(greeting).to.have.all.keys("clientId", "eventId", "timestamp");
          expect(greeting.eventId).to.equal(123);
          const seats = await client.next("seat_update");
          expect(seats).to.include({ eventId: 123, availableSeats: 100, seatCapacity: 100 });
          expect(client.log.map(([type]) => type)).to.eql(["connection_established", "seat_update"]);
        });

        it("every client with an id of its own", async () => {
          const clients = await Promise.all([1, 2, 3].map(async () => general()));
          const ids = clients.map(({ log }) => log[0]?.[1].clientId);
          expect(new Set(ids).size).to.equal(3);
        });
      });

      it("answers subscribe_event with subscribed and the seats as they are", async () => {
        const id = await newEvent(suite.hub);
        const client = await general();
        client.send("subscribe_event", { eventId: id });
        const subscribed = await client.next("subscribed");
        expect(subscribed).to.have.all.keys("eventId", "timestamp");
        expect(subscribed.eventId).to.equal(id);
        expect(subscribed.timestamp).to.match(TIMESTAMP);
        expect(await client.next("seat_update")).to.include({ eventId: id, availableSeats: 10, seatCapacity: 10 });
      });

      it("answers ping with pong", async () => {
        const client = await general();
        client.send("ping");
        const pong = await client.next("pong");
        expect(pong).to.have.all.keys("timestamp");
        expect(pong.timestamp).to.match(TIMESTAMP);
      });

      it("announces a booking with booking_created, then seat_update, and says neither who nor which", async () => {
        const id = await newEvent(suite.hub);
        const client = await watching(id);
        await book(suite.hub, id, 3);
        const created = await client.next("booking_created");
        expect(created).to.have.all.keys("eventId", "availableSeats", "timestamp", "seq");
        expect(created).to.include({ eventId: id, availableSeats: 7, seq: 1 });
        const update = await client.next("seat_update");
        expect(update).to.have.all.keys("eventId", "availableSeats", "seatCapacity", "timestamp");
        expect(update).to.include({ eventId: id, availableSeats: 7, seatCapacity: 10 });
        expect(update.timestamp).to.match(TIMESTAMP);
        expect(client.log.slice(2).map(([type]) => type)).to.eql(["booking_created", "seat_update"]);
      });

      it("announces a cancelled booking with booking_cancelled, then seat_update", async () => {
        const id = await newEvent(suite.hub);
        const bookingId = await book(suite.hub, id, 4);
        const client = await watching(id);
        const answer = await suite.hub.call("customer", "DELETE", `/api/events/${id}/bookings/${bookingId}`);
        expect(answer.body).to.eql({ eventId: id, bookingId, availableSeats: 10, seatCapacity: 10 });
        const cancelled = await client.next("booking_cancelled");
        expect(cancelled).to.have.all.keys("eventId", "availableSeats", "timestamp", "seq");
        expect(cancelled).to.include({ eventId: id, availableSeats: 10 });
        expect(await client.next("seat_update")).to.include({ availableSeats: 10 });
        expect(client.log.slice(2).map(([type]) => type)).to.eql(["booking_cancelled", "seat_update"]);
      });

      it("announces a changed capacity with seat_update alone", async () => {
        const id = await newEvent(suite.hub);
        await book(suite.hub, id, 2);
        const client = await watching(id);
        await suite.hub.call("operator", "PATCH", `/api/events/${id}`, { seatCapacity: 25 });
        expect(await client.next("seat_update")).to.include({ eventId: id, availableSeats: 23, seatCapacity: 25 });
        expect(await soFar(client)).to.have.lengthOf(3);
      });

      it("sends nothing of an event to those who have not subscribed to it, or no longer are", async () => {
        const [id, other] = [await newEvent(suite.hub), await newEvent(suite.hub)];
        const client = await general();
        client.send("subscribe_event", { eventId: id });
        client.send("subscribe_event", { eventId: other });
        client.send("unsubscribe_event", { eventId: other });
        const unsubscribed = await client.next("unsubscribed");
        expect(unsubscribed).to.have.all.keys("eventId", "timestamp");
        expect(unsubscribed.eventId).to.equal(other);
        const before = (await soFar(client)).length;
        await book(suite.hub, other);
        await book(suite.hub, id);
        const since = (await soFar(client)).slice(before);
        expect(since.map(([type, { eventId }]) => [type, eventId])).to.eql([
          ["booking_created", id],
          ["seat_update", id],
        ]);
      });

      it("sends each message once to a client that subscribed twice, and takes one unsubscribe_event for it", async () => {
        const id = await newEvent(suite.hub);
        const client = await watching(id);
        client.send("subscribe_event", { eventId: id });
        await client.next("subscribed");
        await client.next("seat_update");
        await book(suite.hub, id);
        await client.next("seat_update");
        expect(client.log.filter(([type]) => type === "booking_created")).to.have.lengthOf(1);
        client.send("unsubscribe_event", { eventId: id });
        await client.next("unsubscribed");
        const before = (await soFar(client)).length;
        await book(suite.hub, id);
        expect(await soFar(client)).to.have.lengthOf(before);
      });

      it("confirms unsubscribe_event for an event that was never subscribed to", async () => {
        const client = await general();
        client.send("unsubscribe_event", { eventId: 123 });
        expect(await client.next("unsubscribed")).to.include({ eventId: 123 });
      });

      it("tells of an event that is not there and of one not for this user's eyes in the same words", async () => {
        const hidden = await newEvent(suite.hub, { visibility: "private", allowedUserIds: ["somebody else"] });
        const client = await general();
        for (const eventId of [999_999, hidden, 124]) client.send("subscribe_event", { eventId });
        const missing = await client.next("error");
        expect(missing).to.have.all.keys("message", "timestamp");
        expect(missing.message).to.equal("Event not found");
        expect((await client.next("error")).message).to.equal(missing.message);
        // 124 is private to this user.
        expect(await client.next("subscribed")).to.include({ eventId: 124 });
      });

      it("lets in by URL where subscribe_event would be confirmed, else refuses in the same words", async () => {
        const [own, other] = [await suite.hub.token("customer"), await suite.hub.token("secondCustomer")];
        await watching(124);
        const strange = ["999999", "abc", "0", "-1", "1e2", "0x7B", "0123", "9".repeat(100)];
        const targets = [...strange.map((id) => eventAt(id, own)), eventAt(124, other)];
        for (const target of targets) {
          const told = { code: 1008, reason: "Not Found", message: "Event not found" };
          expect(await door.refused(suite.hub.url, target), target.path).to.eql(told);
        }
      });
    });
  }
});
