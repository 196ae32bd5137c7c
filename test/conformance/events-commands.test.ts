import { expect } from "chai";
import { plainDoor } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { book, newEvent } from "./event-data.ts";
import { thrice } from "./repeating.ts";
import { eventAt } from "./targets.ts";

onBothStores("requests of the events app that come again under one Idempotency-Key", (suite) => {
  const watch = async (eventId: number) => {
    const client = await suite.connect(plainDoor, eventAt(eventId, await suite.hub.token("customer")));
    await client.next("seat_update");
    return client;
  };

  it("book once, give back once, and are told of once", async () => {
    const id = await newEvent(suite.hub);
    const client = await watch(id);
    const booked = await thrice(suite.hub, "customer", "POST", `/api/events/${id}/bookings`, { seats: 3 });
    expect(booked.status).to.equal(201);
    expect(booked.body).to.include({ availableSeats: 7, seats: 3 });
    const path = `/api/events/${id}/bookings/${booked.body.bookingId}`;
    const cancelled = await thrice(suite.hub, "customer", "DELETE", path);
    expect([cancelled.status, cancelled.body.availableSeats]).to.eql([200, 10]);
    client.send("ping");
    await client.next("pong");
    const told = client.log.slice(2).map(([type]) => type);
    expect(told).to.eql(["booking_created", "seat_update", "booking_cancelled", "seat_update", "pong"]);
  });

  it("create one event, and change it once", async () => {
    const created = await thrice(suite.hub, "operator", "POST", "/api/events", { name: "Once", seatCapacity: 5 });
    const { body } = await suite.hub.call("operator", "GET", `/api/events?after=${(created.body.id as number) - 1}`);
    expect(body.items).to.have.lengthOf(1);
    const client = await watch(created.body.id as number);
    const resized = await thrice(suite.hub, "operator", "PATCH", `/api/events/${created.body.id}`, { seatCapacity: 6 });
    expect(resized.body).to.eql({ ...created.body, availableSeats: 6, seatCapacity: 6 });
    await client.next("seat_update");
    await book(suite.hub, created.body.id as number);
    await client.next("seat_update");
    expect(client.log.filter(([type]) => type === "seat_update")).to.have.lengthOf(3);
  });
});
