import { expect } from "chai";
import type { ConfigFile } from "../../src/config.ts";
import type { Door, Payload, Target, TestClient } from "../support/client.ts";
import type { DemoUserName, TestHub } from "../support/hub.ts";
import type { Suite } from "../support/suite.ts";

/** A door for the battery app alone. */
export const BATTERY_DOOR: ConfigFile = { doors: [{ port: 0, apps: ["battery"] }] };

/** `/ws/stations/`. */
export function stationsAt(path = "/ws/stations/"): Target {
  return { path, namespace: "/battery/stations", kind: "none" };
}

/** `/ws/stations/{station_id}/`. */
export function stationAt(id: number | string, path = `/ws/stations/${id}/`): Target {
  return { path, namespace: `/battery/stations/${id}`, kind: "none" };
}

/** `/ws/notifications/` of the battery app. */
export function notificationsAt(credential: string | undefined, path = "/ws/notifications/"): Target {
  return { path, namespace: "/battery/notifications", ...(credential !== undefined && { credential }) };
}

/** What the client has been sent by the time the hub answers what it sends now, but for those answers. */
export async function soFar(client: TestClient): Promise<[string, Payload][]> {
  client.send("ping", { timestamp: "so far" });
  await client.next("pong");
  return client.log.filter(([type, { timestamp }]) => !(type === "pong" && timestamp === "so far"));
}

export interface Watcher {
  readonly client: TestClient;
  /** What it has been sent since it began to watch. */
  told(): Promise<[string, Payload][]>;
}

/** A client that has had its greeting and the values of the moment. */
export async function watch(suite: Suite, door: Door, target: Target): Promise<Watcher> {
  const client = await suite.connect(door, target);
  const before = (await soFar(client)).length;
  return { client, told: async () => (await soFar(client)).slice(before) };
}

async function created(hub: TestHub, as: DemoUserName, path: string, body: unknown = {}): Promise<Payload> {
  const answer = await hub.call(as, "POST", path, body);
  expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
  return answer.body;
}

/** A new station with so many batteries; its id. */
export async function newStation(hub: TestHub, batteries = 3, name = "A station"): Promise<number> {
  const { id } = await created(hub, "operator", "/api/stations", { name });
  for (let i = 0; i < batteries; i++) await addBattery(hub, id as number);
  return id as number;
}

export async function addBattery(hub: TestHub, stationId: number, info = "A battery"): Promise<number> {
  return (await created(hub, "operator", `/api/stations/${stationId}/batteries`, { info })).battery_id as number;
}

/** Books a battery: the answer. */
export async function book(hub: TestHub, stationId: number, as: DemoUserName = "customer") {
  const { booking_id, battery_id } = await created(hub, as, `/api/stations/${stationId}/bookings`);
  return { booking_id: booking_id as number, battery_id: battery_id as number };
}

/** `ready` or `collect`. */
export function finish(hub: TestHub, as: DemoUserName, stationId: number, bookingId: number, step: string) {
  return hub.call(as, "POST", `/api/stations/${stationId}/bookings/${bookingId}/${step}`);
}

/** A message without its place in the log of the room that it came by. */
export function placeless({ seq: _seq, ...rest }: Payload): Payload {
  return rest;
}

/** The notifications that `GET /api/notifications` lists. */
export async function listed(hub: TestHub, as: DemoUserName, afterSeq?: number): Promise<Payload[]> {
  const query = afterSeq === undefined ? "" : `?after_seq=${afterSeq}`;
  const { status, body } = await hub.call(as, "GET", `/api/notifications${query}`);
  expect(status).to.equal(200);
  return body.items as Payload[];
}
