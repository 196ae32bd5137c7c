import { once } from "node:events";
import { expect } from "chai";
import { WebSocket } from "ws";
import { DOORS, plainDoor } from "../support/client.ts";
import { startHub, type TestHub } from "../support/hub.ts";
import { onBothStores } from "../support/suite.ts";
import { eventAt, eventsAt, vehiclesAt } from "./targets.ts";

/** What an upgrade that is answered over HTTP says. */
async function answerTo(base: string, path: string): Promise<{ status: number; type: string; detail: string }> {
  const ws = new WebSocket(base.replace("http", "ws") + path);
  const [, response] = (await once(ws, "unexpected-response")) as [unknown, import("node:http").IncomingMessage];
  let body = "";
  for await (const chunk of response) body += chunk;
  ws.on("error", () => {});
  ws.terminate();
  const { detail } = JSON.parse(body) as { detail: string };
  return { status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", detail };
}

onBothStores("the plain door", (suite) => {
  for (const path of ["/ws", "/ws/", "/events/ws", "/events/ws/", "/ws?x=1", "/ws/?x=1"]) {
    it(`serves the events app at ${path}`, async () => {
      const client = await suite.connect(plainDoor, eventsAt(await suite.hub.token("customer"), path));
      expect(await client.next("connection_established")).to.not.have.property("eventId");
    });
  }

  for (const path of ["/ws/events/123", "/ws/events/123/", "/events/ws/events/123", "/events/ws/events/123/"]) {
    it(`serves an event at ${path}`, async () => {
      const target = { ...eventAt(123, await suite.hub.token("customer")), path };
      const client = await suite.connect(plainDoor, target);
      expect(await client.next("connection_established")).to.include({ eventId: 123 });
    });
  }

  for (const path of [
    "/ws/vehicles/search",
    "/ws/vehicles/search/",
    "/vehicles/ws/vehicles/search",
    "/vehicles/ws/vehicles/search/",
  ]) {
    it(`serves the vehicles app at ${path}`, async () => {
      const client = await suite.connect(plainDoor, vehiclesAt(suite.hub.apiKey, path));
      client.send("search", { term: "ABC123" });
      expect(await client.next("search_results")).to.have.keys("items", "total");
    });
  }

  for (const path of [
    "/",
    "/nowhere",
    "/ws//",
    "//ws",
    "/WS",
    "/ws/events",
    "/ws/events/1/2",
    "/ws/vehicles",
    "/vehicles/ws",
  ]) {
    it(`answers 404 at ${path}`, async () => {
      const { status, type, detail } = await answerTo(suite.hub.url, path);
      expect(status).to.equal(404);
      expect(type).to.equal("application/problem+json");
      expect(detail).to.match(/^Nothing is served at /);
    });
  }

  it("answers an HTTP request without an upgrade like any other path", async () => {
    expect((await fetch(`${suite.hub.url}/ws`)).status).to.equal(404);
  });
});

describe("the doors", () => {
  let hub: TestHub;
  before(async () => {
    const doors = [
      { port: 0, apps: ["vehicles"] },
      { port: 0, apps: ["events"] },
    ];
    hub = await startHub({ file: { doors } });
  });
  after(() => hub.stop());

  it("serve the documented URL on the port of the app alone", async () => {
    const [vehicles = "", events = ""] = hub.urls;
    await (await plainDoor.connect(events, eventsAt(await hub.token("customer")))).close();
    await (await plainDoor.connect(vehicles, vehiclesAt(hub.apiKey))).close();
    expect(await answerTo(vehicles, "/ws")).to.include({ status: 404, detail: "Nothing is served at /ws" });
    expect((await answerTo(events, "/ws/vehicles/search")).status).to.equal(404);
  });

  it("serve every app under its name on every port, and every namespace", async () => {
    for (const url of hub.urls) {
      const targets = [
        eventsAt(await hub.token("customer"), "/events/ws"),
        vehiclesAt(hub.apiKey, "/vehicles/ws/vehicles/search"),
      ];
      for (const target of targets) for (const door of DOORS) await (await door.connect(url, target)).close();
    }
  });

  it("share one hub: what happens behind one is told through the other", async () => {
    const [vehicles = "", events = ""] = hub.urls;
    const token = await hub.token("customer");
    const at = { ...eventAt(123, token), path: "/events/ws/events/123" };
    const clients = await Promise.all([plainDoor.connect(vehicles, at), plainDoor.connect(events, at)]);
    for (const client of clients) await client.next("seat_update");
    await hub.call("customer", "POST", "/api/events/123/bookings", {});
    for (const client of clients) expect(await client.next("booking_created")).to.include({ availableSeats: 99 });
    await Promise.all(clients.map((client) => client.close()));
  });
});
