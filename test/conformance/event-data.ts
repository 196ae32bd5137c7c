import { expect } from "chai";
import type { Payload } from "../support/client.ts";
import type { DemoUserName, TestHub } from "../support/hub.ts";

/** A new event; its id. By default public, with ten seats. */
export async function newEvent(hub: TestHub, fields: Payload = {}): Promise<number> {
  const answer = await hub.call("operator", "POST", "/api/events", { name: "An evening", seatCapacity: 10, ...fields });
  expect(answer.status).to.equal(201);
  return answer.body.id as number;
}

/** Books seats; the id of the booking. */
export async function book(hub: TestHub, eventId: number, seats = 1, as: DemoUserName = "customer"): Promise<number> {
  const answer = await hub.call(as, "POST", `/api/events/${eventId}/bookings`, { seats });
  expect(answer.status).to.equal(201);
  return answer.body.bookingId as number;
}
