import type { IncomingMessage } from "node:http";
import { expect } from "chai";
import { WebSocket } from "ws";
import type { ConfigFile } from "../../src/config.ts";
import type { Door, Payload, Target, TestClient } from "../support/client.ts";
import type { DemoUserName, TestHub } from "../support/hub.ts";
import type { Suite } from "../support/suite.ts";

/** A door for the parking app alone. */
export const PARKING_DOOR: ConfigFile = { doors: [{ port: 0, apps: ["parking"] }] };

/** `/ws/notifications/` of the parking app. */
export function parkingAt(credential: string | undefined, path = "/ws/notifications/"): Target {
  return { path, namespace: "/parking/notifications", ...(credential !== undefined && { credential }) };
}

export async function wsToken(hub: TestHub, as: DemoUserName = "customer"): Promise<string> {
  const { status, body } = await hub.call(as, "GET", "/api/user/ws-token/");
  expect(status).to.equal(200);
  return body.ws_token as string;
}

/** A client of the user that has subscribed to these types. */
export async function subscribed(suite: Suite, door: Door, as: DemoUserName, ...types: string[]): Promise<TestClient> {
  const client = await suite.connect(door, parkingAt(await wsToken(suite.hub, as)));
  client.send("subscribe", { notification_types: types });
  expect(await client.next("subscribed")).to.eql({ notification_types: types });
  return client;
}

/** What the client has been notified of by the time the hub answers what it sends now, with their places. */
export async function placed(client: TestClient): Promise<Payload[]> {
  client.send("are you there");
  await client.next("error");
  return client.log.flatMap(([type, payload]) => (type === "notification" ? [payload] : []));
}

/** A notification without its place, which must be a good one. */
export function placeless({ seq, ...rest }: Payload): Payload {
  expect(seq).to.be.a("number").above(0);
  return rest;
}

/** The same as `placed`, without the places. */
export async function notifications(client: TestClient): Promise<Payload[]> {
  return (await placed(client)).map(placeless);
}

/** A new parking lot; its id. */
export async function newLot(hub: TestHub, available_spots = 10, name = "A car park"): Promise<number> {
  const { status, body } = await hub.call("operator", "POST", "/api/parking-lots", { name, available_spots });
  expect(status).to.equal(201);
  return body.parking_lot_id as number;
}

/** Reserves a spot; the id of the reservation. */
export async function reserve(hub: TestHub, lotId: number, as: DemoUserName = "customer"): Promise<number> {
  const { status, body } = await hub.call(as, "POST", "/api/reservations", { parking_lot_id: lotId });
  expect(status).to.equal(201);
  return body.reservation_id as number;
}

/** The HTTP status and the body of an upgrade that is refused; rejects when the client is let in. */
export async function refusedUpgrade(url: string, headers: Record<string, string> = {}) {
  const ws = new WebSocket(url.replace("http", "ws"), { headers });
  ws.on("error", () => {});
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    ws.once("unexpected-response", (_request, answer) => resolve(answer));
    ws.once("open", () => reject(new Error("was let in")));
  });
  let body = "";
  for await (const chunk of response) body += chunk;
  ws.terminate();
  return { status: response.statusCode, type: response.headers["content-type"], problem: JSON.parse(body) as unknown };
}

/** Whether the hub still answers the client. */
export async function isServed(client: TestClient): Promise<void> {
  client.send("subscribe", { notification_types: [] });
  await client.next("subscribed");
}
