import { expect } from "chai";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import type { ConfigFile } from "../../src/config.ts";
import type { Payload, Target, TestClient } from "../support/client.ts";
import type { DemoUserName, TestHub } from "../support/hub.ts";

/** A door whose `/ws` is the one of the bookings app. */
export const BOOKINGS_DOOR: ConfigFile = { doors: [{ port: 0, apps: ["bookings"] }] };

export const TECHNICIAN = DEMO_USERS.technician.id;
export const OTHER_TECHNICIAN = "0e37df36-f698-41e6-8dd3-b3bfbff9dcb4";
/** The id of nothing. */
export const MISSING = "9d3f7c1e-5a0b-4c8e-9b61-0f2d6a7c4e55";

export function bookingsAt(credential: string | undefined, path = "/ws"): Target {
  return { path, namespace: "/bookings", ...(credential !== undefined && { credential }) };
}

/** A new booking of the first customer; its id. By default the demo's technician is assigned. */
export async function newBooking(hub: TestHub, technicianId: string | null = TECHNICIAN): Promise<string> {
  const body = { service: "Plumbing", ...(technicianId !== null && { technicianId }) };
  const answer = await hub.call("customer", "POST", "/api/v2/bookings", body);
  expect(answer.status).to.equal(201);
  return answer.body.id as string;
}

export function changeBooking(hub: TestHub, as: DemoUserName, id: string, change: Payload) {
  return hub.call(as, "PATCH", `/api/v2/bookings/${id}`, change);
}

export function reportLocation(hub: TestHub, as: DemoUserName, id: string, latitude: unknown, longitude: unknown) {
  return hub.call(as, "POST", `/api/v2/bookings/${id}/location`, { latitude, longitude });
}

/** A new ticket of the first customer; its id. */
export async function newTicket(hub: TestHub): Promise<string> {
  const answer = await hub.call("customer", "POST", "/api/v2/support/tickets", { subject: "Late again" });
  expect(answer.status).to.equal(201);
  return answer.body.id as string;
}

export function say(hub: TestHub, as: DemoUserName, ticketId: string, message: unknown) {
  return hub.call(as, "POST", `/api/v2/support/tickets/${ticketId}/messages`, { message });
}

/** `since`: the place in the room of the last message that the client has seen. */
export async function join(client: TestClient, room: string, since?: number): Promise<Payload> {
  client.send("join", { room, ...(since !== undefined && { since }) });
  return client.next("joined_room");
}

/** A room that nobody else uses: what comes before the answer to leaving it has been sent before it. */
const NOWHERE = `user:${MISSING}`;

/** Everything the client has been sent by the time the hub answers what it asks now. */
export async function soFar(client: TestClient): Promise<[string, Payload][]> {
  client.send("leave", { room: NOWHERE });
  await client.next("left_room");
  return client.log.filter(([type, { room }]) => !(type === "left_room" && room === NOWHERE));
}

/** The messages of some types that the client has been sent, as `soFar`. */
export async function told(client: TestClient, ...types: string[]): Promise<Payload[]> {
  return (await soFar(client)).filter(([type]) => types.includes(type)).map(([, payload]) => payload);
}
