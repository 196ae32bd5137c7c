import { expect } from "chai";
import { NAMESPACE, roomOf } from "../../src/apps/events/service.ts";
import type { Payload, TestClient } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { book, newEvent } from "./event-data.ts";
import { eventAt, eventsAt } from "./targets.ts";
import { trim } from "./trimming.ts";

/** Everything the client has been sent by the time the hub answers what it asks now. */
async function soFar(client: TestClient): Promise<[string, Payload][]> {
  client.send("ping");
  await client.next("pong");
  return client.log.filter(([type]) => type !== "pong");
}

/** The places of the bookings that the client has been told of. */
async function places(client: TestClient): Promise<unknown[]> {
  return (await soFar(client)).filter(([type]) => type === "booking_created").map(([, { seq }]) => seq);
}

onBothStores("resuming in the events app", (suite) => {
  for (const door of suite.doors) {
    describe(`through ${door.name}`, () => {
      const general = async (since?: number) => {
        const at = { ...eventsAt(await suite.hub.token("customer")), ...(since !== undefined && { since }) };
        return suite.connect(door, at);
      };
      const watching = async (eventId: number, since?: number | string) => {
        const at = { ...eventAt(eventId, await suite.hub.token("customer")), ...(since !== undefined && { since }) };
        return suite.connect(door, at);
      };
      const subscribe = async (client: TestClient, eventId: number, since?: number): Promise<Payload> => {
        client.send("subscribe_event", { eventId, ...(since !== undefined && { since }) });
        return client.next("subscribed");
      };

      it("gives who comes back to an event what it missed, in order, then the seats as they are", async () => {
        const id = await newEvent(suite.hub);
        const stayed = await watching(id);
        const left = await watching(id);
        await book(suite.hub, id);
        const { seq: since } = await left.next("booking_created");
        expect(since).to.equal(1);
        await left.close();
        await book(suite.hub, id, 2);
        await book(suite.hub, id, 3);
        const back = await watching(id, since as number);
        const greeting = await back.next("connection_established");
        expect(greeting).to.have.all.keys("clientId", "eventId", "recovered", "seq", "timestamp");
        expect(greeting).to.include({ eventId: id, recovered: true, seq: 3 });
        await back.next("seat_update");
        await book(suite.hub, id, 4);
        const missed = (await soFar(stayed)).filter(([type]) => type === "booking_created").slice(1);
        const told = await soFar(back);
        expect(told.map(([type, { availableSeats }]) => [type, availableSeats])).to.eql([
          ["connection_established", undefined],
          ["booking_created", 7],
          ["booking_created", 4],
          ["seat_update", 4],
          ["booking_created", 0],
          ["seat_update", 0],
        ]);
        expect(told.filter(([type]) => type === "booking_created")).to.eql(missed);
      });

      it("does the same for subscribe_event with since", async () => {
        const id = await newEvent(suite.hub);
        for (let i = 0; i < 3; i++) await book(suite.hub, id);
        const client = await general();
        const subscribed = await subscribe(client, id, 1);
        expect(subscribed).to.have.all.keys("eventId", "recovered", "seq", "timestamp");
        expect(subscribed).to.include({ eventId: id, recovered: true, seq: 3 });
        await client.next("seat_update");
        await book(suite.hub, id);
        expect(await places(client)).to.eql([2, 3, 4]);
      });

      it("says honestly that it cannot: for a place that is yet to come, and one of which the next is gone", async () => {
        const id = await newEvent(suite.hub);
        for (let i = 0; i < 4; i++) await book(suite.hub, id);
        await trim(suite.hub, NAMESPACE);
        for (const since of [5, 0, 2]) {
          const [client, watcher] = [await general(), await watching(id, since)];
          expect(await subscribe(client, id, since)).to.include({ recovered: false, seq: 4 });
          expect(await watcher.next("connection_established")).to.include({ recovered: false, seq: 4 });
          for (const each of [client, watcher]) {
            expect((await each.next("seat_update")).availableSeats).to.equal(6);
            expect(await places(each)).to.eql([]);
          }
        }
        const client = await general();
        expect(await subscribe(client, id, 3)).to.include({ recovered: true, seq: 4 });
        await client.next("seat_update");
        expect(await places(client)).to.eql([4]);
      });

      it("says nothing of it to who does not ask, nor on /ws, where there is no one room", async () => {
        const id = await newEvent(suite.hub);
        await book(suite.hub, id);
        const client = await general(0);
        expect(await client.next("connection_established")).to.have.all.keys("clientId", "timestamp");
        expect(await subscribe(client, id)).to.have.all.keys("eventId", "timestamp");
        await client.next("seat_update");
        expect(await places(client)).to.eql([]);
        const watcher = await watching(id);
        expect(await watcher.next("connection_established")).to.have.all.keys("clientId", "eventId", "timestamp");
      });

      it("tells of a place that is none: not subscribed by message, subscribed as if not asked by URL", async () => {
        const id = await newEvent(suite.hub);
        const client = await general();
        for (const since of [-1, 1.5, "1", null]) {
          client.send("subscribe_event", { eventId: id, since });
          expect((await client.next("error")).message).to.match(/^Invalid since/);
        }
        expect((await soFar(client)).filter(([type]) => type === "subscribed")).to.eql([]);
        const watcher = await watching(id, "soon");
        expect((await watcher.next("error")).message).to.match(/^Invalid since/);
        expect(await watcher.next("connection_established")).to.have.all.keys("clientId", "eventId", "timestamp");
        await watcher.next("seat_update");
      });

      it("goes on where the listing of the events ends", async () => {
        const id = await newEvent(suite.hub);
        const other = await newEvent(suite.hub);
        for (let i = 0; i < 2; i++) await book(suite.hub, id);
        const { body } = await suite.hub.call("customer", "GET", `/api/events?after=${id - 1}`);
        const [event, untouched] = body.items as Payload[];
        expect(event).to.have.all.keys("id", "name", "seatCapacity", "availableSeats", "visibility", "seq");
        expect(event).to.include({ id, availableSeats: 8, seq: 2 });
        expect(untouched).to.include({ id: other, availableSeats: 10, seq: 0 });
        await book(suite.hub, id);
        const client = await general();
        expect(await subscribe(client, id, event?.seq as number)).to.include({ recovered: true, seq: 3 });
        await client.next("seat_update");
        expect(await places(client)).to.eql([3]);
      });
    });
  }

  /** Books 60 seats one by one, four at a time. */
  const bookAll = async (id: number): Promise<void> => {
    for (let i = 0; i < 15; i++) await Promise.all(Array.from({ length: 4 }, () => book(suite.hub, id)));
  };

  it("loses no booking between the listing and the stream, while many book", async function () {
    this.timeout(60_000);
    const id = await newEvent(suite.hub, { seatCapacity: 60 });
    const bookings = bookAll(id);
    const listings: { client: TestClient; event: { availableSeats: number; seq: number } }[] = [];
    for (const door of [...suite.doors, ...suite.doors]) {
      const { body } = await suite.hub.call("customer", "GET", `/api/events?after=${id - 1}&limit=1`);
      const [event] = body.items as { availableSeats: number; seq: number }[];
      const client = await suite.connect(door, eventsAt(await suite.hub.token("customer")));
      client.send("subscribe_event", { eventId: id, since: event!.seq });
      expect(await client.next("subscribed")).to.include({ recovered: true });
      listings.push({ client, event: event! });
    }
    await bookings;
    for (const { client, event } of listings) {
      // Each booking takes one seat, so that its place says how many are left.
      expect(event.availableSeats).to.be.at.most(60 - event.seq);
      while ((await places(client)).length < 60 - event.seq) await client.next("booking_created");
      expect(await places(client)).to.eql(Array.from({ length: 60 - event.seq }, (_, i) => event.seq + 1 + i));
    }
    expect(await suite.hub.store.log.newest([{ namespace: NAMESPACE, room: roomOf(id) }])).to.eql([60]);
  });

  it("never shows older seats after newer ones to who subscribes while many book", async function () {
    this.timeout(60_000);
    const id = await newEvent(suite.hub, { seatCapacity: 60 });
    const bookings = bookAll(id);
    const clients = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const client = await suite.connect(
          suite.doors[i % suite.doors.length]!,
          eventAt(id, await suite.hub.token("customer")),
        );
        await client.next("seat_update");
        return client;
      }),
    );
    await bookings;
    for (const client of clients) {
      const seats = (await soFar(client)).flatMap(([type, { availableSeats }]) =>
        type === "seat_update" ? [availableSeats as number] : [],
      );
      expect(seats.at(-1)).to.equal(0);
      expect(seats).to.eql(seats.toSorted((left, right) => right - left));
    }
  });
});
