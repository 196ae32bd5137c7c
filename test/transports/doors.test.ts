import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import { WebSocket } from "ws";
import { type AppChannel, defineApp, HubError, Refusal, reply, z } from "../../src/index.ts";
import { deferred } from "../hub/recording-wire.ts";
import { DOORS, type Target } from "../support/client.ts";
import { startHub } from "../support/hub.ts";
import { withHub } from "../support/suite.ts";

const outbound = { hello: reply(z.object({})) };
type Parts = Partial<AppChannel<Record<string, never>, typeof outbound>>;

let gate = deferred();
let asked = deferred();

/** Channels that fail, each in its own way. */
const FAILING: Record<string, Parts> = {
  "open-throws": {
    open: () => {
      throw new Error("the password is hunter2");
    },
  },
  "open-rejects": { open: () => Promise.reject(new TypeError("the password is hunter2")) },
  "open-refuses": { open: () => Promise.reject(new Refusal("not_found", "No such thing")) },
  "admit-throws": { admit: () => Promise.reject(new Error("the password is hunter2")) },
  "admit-waits": { admit: () => Promise.reject(new HubError("unavailable")) },
  "refuses-by-http": { credential: "jwt", refuse: "http" },
  gated: {
    credential: "jwt",
    admit: () => {
      asked.resolve();
      return gate.promise;
    },
    open: (client) => client.send("hello", {}),
  },
};

const failing = defineApp("failing", ({ channel }) => {
  for (const [name, parts] of Object.entries(FAILING)) {
    channel(`/${name}`, { credential: "none", inbound: {}, outbound, on: {}, ...parts });
  }
});

const at = (name: string, credential?: string): Target => ({
  ...{ path: `/ws/${name}`, namespace: `/${name}`, kind: credential === undefined ? "none" : "jwt" },
  ...(credential !== undefined && { credential }),
});

describe("both doors", () => {
  withHub(
    (suite) => {
      for (const door of suite.doors) {
        describe(`(${door.name})`, () => {
          for (const [name, message, code, reason] of [
            ["open-throws", "Internal error", 1011, "Internal Error"],
            ["open-rejects", "Internal error", 1011, "Internal Error"],
            ["open-refuses", "No such thing", 1008, "Not Found"],
          ] as const) {
            it(`end a client for whom ${name} with the error message and ${code}`, async () => {
              const client = await suite.connect(door, at(name));
              expect(await client.next("error")).to.eql({ message });
              expect(await client.ended).to.eql({ code, reason });
            });
          }

          for (const [name, code, reason] of [
            ["admit-throws", 1011, "Internal Error"],
            ["admit-waits", 1013, "Overloaded"],
          ] as const) {
            it(`refuse a client where ${name} with ${code}`, async () => {
              expect(await door.refused(suite.hub.url, at(name))).to.eql({ code, reason, message: reason });
            });
          }

          it("end a client whose credential is revoked while it is let in, and keep nothing of it", async () => {
            [gate, asked] = [deferred(), deferred()];
            const jti = `of ${door.name}`;
            const token = await suite.hub.token("customer", { jti });
            const connecting = door.connect(suite.hub.url, at("gated", token));
            await asked.promise;
            suite.hub.hub.revoke(jti);
            gate.resolve();
            const client = await connecting;
            expect(await client.ended).to.eql({ code: 1008, reason: "Token Revoked" });
            expect(client.log).to.eql([]);
            await suite.emptied();
          });
        });
      }

      it("say nothing of our faults to anybody but the log", async () => {
        for (const door of DOORS) await (await suite.connect(door, at("open-throws"))).ended;
        const faults = suite.hub.lines.filter((line) => line.includes('"fault"'));
        expect(faults).to.have.length.above(1);
      });

      it("refuse by HTTP where a channel says so, on the plain door, else by connect_error", async () => {
        const ws = new WebSocket(`${suite.hub.url.replace("http", "ws")}/ws/refuses-by-http`);
        const [, response] = (await once(ws, "unexpected-response")) as [unknown, { statusCode: number }];
        expect(response.statusCode).to.equal(403);
        ws.on("error", () => {}).terminate();
        const [, socketIo] = DOORS;
        const refusal = { code: 1008, reason: "Authentication Required", message: "Authentication Required" };
        expect(await socketIo!.refused(suite.hub.url, at("refuses-by-http"))).to.eql(refusal);
      });

      it("end whoever goes while being let in without a trace", async () => {
        [gate, asked] = [deferred(), deferred()];
        const token = await suite.hub.token("customer");
        const ws = new WebSocket(`${suite.hub.url.replace("http", "ws")}/ws/gated?token=${token}`);
        ws.on("error", () => {});
        await asked.promise;
        ws.terminate();
        gate.resolve();
        for (let i = 0; i < 10; i++) await nextTurn();
        await suite.emptied();
      });
    },
    { apps: [failing], file: { doors: [{ port: 0, apps: ["failing"] }] } },
  );
});

describe("a hub that closes", () => {
  it("ends its clients with 1001 Draining, by whichever door they came", async () => {
    const hub = await startHub({ file: { doors: [{ port: 0, apps: ["events"] }] } });
    const target = { path: "/ws", namespace: "/events", credential: await hub.token("customer") };
    const clients = await Promise.all(DOORS.map((door) => door.connect(hub.url, target)));
    for (const client of clients) await client.next("connection_established");
    const stopped = hub.stop();
    for (const client of clients) expect(await client.ended).to.eql({ code: 1001, reason: "Draining" });
    await stopped;
  });
});

describe("one port for every app", () => {
  it("answers 404 at a URL that several apps claim, and names theirs", async () => {
    const hub = await startHub();
    const claim = hub.channels.filter(({ path }) => path === "/ws").map(({ app }) => `/${app}/ws`);
    expect(claim).to.have.length.above(1);
    for (const path of ["/ws", "/ws/"]) {
      const ws = new WebSocket(hub.url.replace("http", "ws") + path);
      const [, response] = (await once(ws, "unexpected-response")) as [unknown, import("node:http").IncomingMessage];
      let body = "";
      for await (const chunk of response) body += chunk;
      expect([response.statusCode, response.headers["content-type"]]).to.eql([404, "application/problem+json"]);
      expect(JSON.parse(body)).to.include({
        status: 404,
        detail: `Several apps share ${path}; use ${claim.join(" or ")}`,
      });
      ws.on("error", () => {}).terminate();
    }
    await hub.stop();
  });
});
