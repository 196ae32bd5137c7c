import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import { io } from "socket.io-client";
import { defineApp, reply, z } from "../../../src/index.ts";
import { send } from "../../support/send.ts";
import { type Suite, withHub } from "../../support/suite.ts";
import { noise, noiseOf } from "../noise-app.ts";
import { PollingClient } from "./polling-client.ts";

const KIB = 1024;
const budgetBytes = 64 * KIB;

describe("a client on the polling transport that does not fetch what it is sent", () => {
  withHub(specs, { apps: [noise], file: { doors: [{ port: 0, apps: ["noise"] }], budgetBytes } });
});

function specs(suite: Suite): void {
  let client: PollingClient;
  beforeEach(async () => {
    client = new PollingClient(suite.hub.url);
    const had = await client.enter("/noise");
    if (!had.some((packet) => packet.includes("hello"))) await client.poll();
  });
  afterEach(async () => {
    await client.leave();
  });

  const publish = (type: "entry" | "hum" | "value", n: number, key?: string): Promise<void> =>
    send(suite.hub.hub, noiseOf(type, n, key));
  /** What a packet says: `[type, n]`. */
  const said = (packet: string): [string, unknown] => {
    const [type, payload] = JSON.parse(packet.replace(/^42\/noise,/, "")) as [string, { n?: number }];
    return [type, payload.n ?? payload];
  };

  it("misses volatile messages past the budget, and only those", async () => {
    await publish("entry", 1);
    for (let i = 0; i < 100; i++) publish("hum", i);
    await publish("entry", 2);
    const had = (await client.poll()).map(said);
    expect(had.filter(([type]) => type === "entry")).to.eql([
      ["entry", 1],
      ["entry", 2],
    ]);
    expect(had.length).to.be.below(10);
  });

  it("ends on the newest value of everything", async () => {
    for (let i = 0; i < 100; i++) for (const key of ["a", "b"]) publish("value", i, key);
    const had = (await client.poll()).map(said);
    expect(had.slice(-2)).to.eql([
      ["value", 99],
      ["value", 99],
    ]);
    expect(had.length).to.be.below(10);
  });

  it("is told 1013 Overloaded by its next request, and that is the end", async () => {
    const gone = once(suite.hub.hub.events, "disconnected");
    await Promise.all(Array.from({ length: 100 }, (_, i) => publish("entry", i)));
    const [closing, ...rest] = await client.poll();
    expect(said(closing ?? "")).to.eql(["closing", { code: 1013, reason: "Overloaded" }]);
    expect(rest).to.eql([]);
    expect(await client.poll()).to.include("1");
    await gone;
    expect(await client.post("40/noise,")).to.equal(400);
  });

  it("may send 16 KiB in one request; more is answered 413, and nothing of it is heard", async () => {
    let received = 0;
    const count = (): void => void received++;
    suite.hub.hub.events.on("received", count);
    const padded = (bytes: number): string => {
      const [head, tail] = ['42/noise,["shout",{"what":"echo","times":0,"x":"', '"}]'];
      return `${head}${"x".repeat(bytes - head.length - tail.length)}${tail}`;
    };
    expect(await client.post(padded(16 * KIB))).to.equal(200);
    expect(await client.post(padded(16 * KIB + 1))).to.equal(413);
    expect(await client.post(padded(100))).to.equal(200);
    suite.hub.hub.events.off("received", count);
    expect(received).to.equal(2);
  });

  it("is limited no more once it has moved to a WebSocket, whose own limit counts", async () => {
    const moved = io(`${suite.hub.url}/noise`, { forceNew: true, transports: ["polling", "websocket"] });
    let hums = 0;
    moved.on("hum", () => hums++);
    await new Promise((resolve) => moved.io.engine.once("upgrade", resolve));
    // The hub has moved, too, once it answers what was asked after that.
    await moved.emitWithAck("shout", { what: "echo", times: 0 });
    for (let i = 0; i < 100; i++) publish("hum", i);
    publish("entry", 1);
    await new Promise((resolve) => moved.once("entry", resolve));
    moved.disconnect();
    expect(hums).to.equal(100);
  });
}

describe("a client on the polling transport that sends faster than it is served", () => {
  let finish = (): void => {};
  let handled = 0;
  const slowly = defineApp("slowly", ({ channel }) => {
    channel("/slowly", {
      path: "/ws",
      credential: "none",
      inbound: { hang: z.object({}), count: z.object({}) },
      outbound: { done: reply(z.object({})) },
      on: {
        hang: () =>
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
        count: () => void handled++,
      },
    });
  });
  withHub(
    (suite) => {
      it("has its next request wait until it is served", async () => {
        const client = new PollingClient(suite.hub.url);
        await client.enter("/slowly");
        const many = Array.from({ length: 300 }, () => '42/slowly,["count"]');
        expect(await client.post('42/slowly,["hang"]', ...many)).to.equal(200);
        let answered = false;
        const next = client.post(...many).then((status) => {
          answered = true;
          return status;
        });
        // Another client is served while that one waits.
        const other = new PollingClient(suite.hub.url);
        await other.enter("/slowly");
        await other.leave();
        for (let i = 0; i < 20; i++) await nextTurn();
        expect([answered, handled]).to.eql([false, 0]);
        finish();
        expect(await next).to.equal(200);
        while (handled < 600) await nextTurn();
        await client.leave();
      });
    },
    { apps: [slowly], file: { doors: [{ port: 0, apps: ["slowly"] }] } },
  );
});
