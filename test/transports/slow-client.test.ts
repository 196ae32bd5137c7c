import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { DOORS, type Ended, type Payload, type TestClient } from "../support/client.ts";
import { send } from "../support/send.ts";
import { type Suite, withHub } from "../support/suite.ts";
import { noise, noiseAt, noiseOf } from "./noise-app.ts";
import { PollingClient } from "./socketio/polling-client.ts";

const KIB = 1024;
const BUDGET = 64 * KIB;

/** A client that can stop reading. */
interface Slow {
  pause(): void;
  resume(): void;
  send(type: string, payload: Payload): void;
  /** What it has had, as `[type, n]`. */
  readonly had: [string, number][];
  readonly ended: Promise<Ended>;
  close(): void;
}

const slowDoors: Record<string, (base: string) => Promise<Slow>> = {
  async "plain WebSocket"(base) {
    const ws = new WebSocket(`${base.replace("http", "ws")}/ws`);
    const had: Slow["had"] = [];
    ws.on("message", (data) => {
      const { type, n } = JSON.parse(String(data)) as { type: string; n: number };
      had.push([type, n]);
    });
    const ended = once(ws, "close").then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
    await once(ws, "open");
    return {
      pause: () => ws.pause(),
      resume: () => ws.resume(),
      send: (type, payload) => ws.send(JSON.stringify({ type, ...payload })),
      had,
      ended,
      close: () => ws.terminate(),
    };
  },
  async "Socket.IO"(base) {
    const socket = io(`${base}/noise`, { transports: ["websocket"], forceNew: true, reconnection: false });
    const had: Slow["had"] = [];
    let told: Ended | undefined;
    socket.onAny((type: string, payload: Payload) => {
      if (type === "closing") told = payload as unknown as Ended;
      else had.push([type, payload.n as number]);
    });
    const ended = new Promise<Ended>((resolve) => {
      socket.once("disconnect", (reason) => resolve(told ?? { code: 0, reason }));
    });
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    const { ws } = socket.io.engine.transport as unknown as { ws: WebSocket };
    return {
      pause: () => ws.pause(),
      resume: () => ws.resume(),
      send: (type, payload) => socket.emit(type, payload),
      had,
      ended,
      close: () => socket.disconnect(),
    };
  },
};

describe("a slow client", () => {
  withHub(specs, { apps: [noise], file: { doors: [{ port: 0, apps: ["noise"] }], budgetBytes: BUDGET } });
});

function specs(suite: Suite): void {
  let bystanders: TestClient[] = [];

  beforeEach(async () => {
    bystanders = await Promise.all(DOORS.map((door) => suite.connect(door, noiseAt())));
    for (const bystander of bystanders) await bystander.next("hello");
  });

  /** Sends to all and waits until those who read have it, so that only the slow one's buffers fill. */
  async function tellAll(type: "entry" | "hum" | "value", n: number, key?: string): Promise<void> {
    void send(suite.hub.hub, noiseOf(type, n, key));
    await Promise.all(bystanders.map((bystander) => bystander.next(type)));
    for (const { log } of bystanders)
      log.splice(0, log.length - 1, ...log.slice(0, -1).map(([t]) => [t, {}] as [string, Payload]));
  }

  /** Entries 0 to `count`, four at once: half of a budget, which those who read have room for. */
  async function tellEntries(count: number): Promise<void> {
    for (let i = 0; i < count; i += 4) await Promise.all([0, 1, 2, 3].map((more) => tellAll("entry", i + more)));
  }

  /** Resolves when this has happened so many times from now on. */
  function times(count: number, event: "received" | "disconnected"): Promise<void> {
    let left = count;
    return new Promise((resolve) => {
      const happened = (): void => {
        left -= 1;
        if (left > 0) return;
        suite.hub.hub.events.off(event, happened);
        resolve();
      };
      suite.hub.hub.events.on(event, happened);
    });
  }

  for (const [name, connect] of Object.entries(slowDoors)) {
    describe(`through ${name}`, () => {
      let slow: Slow;
      beforeEach(async () => {
        slow = await connect(suite.hub.url);
        while (slow.had.length === 0) await nextTurn();
        slow.pause();
      });
      afterEach(() => slow.close());

      const until = async (type: string, n: number): Promise<void> => {
        slow.resume();
        while (slow.had.at(-1)?.[0] !== type || slow.had.at(-1)?.[1] !== n) await nextTurn();
      };
      const numbers = (type: string): number[] => slow.had.flatMap(([t, n]) => (t === type ? [n] : []));

      it("misses volatile messages, and only those", async () => {
        for (let i = 0; i < 1_500; i++) await tellAll("hum", i);
        await tellAll("entry", 1);
        await tellAll("entry", 2);
        await until("entry", 2);
        expect(numbers("entry")).to.eql([1, 2]);
        expect(numbers("hum").length).to.be.below(1_400);
        expect(bystanders.map(({ log }) => log.filter(([type]) => type === "hum").length)).to.eql([1_500, 1_500]);
      });

      it("ends on the newest value of everything, having skipped some and never gone back", async () => {
        for (let i = 0; i < 750; i++)
          for (const key of ["a", "b"]) await tellAll("value", i * 2 + (key === "a" ? 0 : 1), key);
        await tellAll("entry", 0);
        await until("entry", 0);
        const values = numbers("value");
        for (const odd of [0, 1]) {
          const ofKey = values.filter((n) => n % 2 === odd);
          expect(ofKey.at(-1)).to.equal(1_498 + odd);
          expect(ofKey).to.eql(ofKey.toSorted((x, y) => x - y));
        }
        expect(values.length).to.be.below(1_400);
      });

      it("is closed 1013 Overloaded when it still falls behind, so that it can come back", async () => {
        const gone = times(1, "disconnected");
        // A client that does not read its close frame is cut off after five seconds, which a busy machine may need for the rest.
        suite.hub.hub.events.on("slow", ({ outcome }) => {
          if (outcome === "closed") slow.resume();
        });
        await tellEntries(1_500);
        slow.resume();
        expect(await slow.ended).to.eql({ code: 1013, reason: "Overloaded" });
        const had = numbers("entry");
        expect(had).to.eql(Array.from({ length: had.length }, (_, i) => i));
        expect(had.length).to.be.below(1_500);
        await gone;
        for (const { log } of bystanders) expect(log.filter(([type]) => type === "entry")).to.have.lengthOf(1_500);
      });

      it("misses volatile messages that are for it alone, too", async () => {
        const received = times(15, "received");
        for (let i = 0; i < 15; i++) slow.send("shout", { what: "hum", times: 100 });
        await received;
        await tellAll("entry", 1);
        await until("entry", 1);
        expect(numbers("hum").length).to.be.below(1_400);
      });

      it("gets the newest of the values that are for it alone", async () => {
        const received = times(15, "received");
        for (let i = 0; i < 15; i++) slow.send("shout", { what: "value", times: 100 });
        await received;
        await tellAll("entry", 1);
        await until("entry", 1);
        expect(numbers("value").at(-1)).to.equal(99);
        expect(numbers("value").length).to.be.below(1_400);
      });

      it("is closed 1013 when it asks and asks and takes no answer", async () => {
        const received = times(15, "received");
        for (let i = 0; i < 15; i++) slow.send("shout", { what: "echo", times: 100 });
        await received;
        slow.resume();
        expect(await slow.ended).to.eql({ code: 1013, reason: "Overloaded" });
      });
    });
  }

  it("is cut off when it never reads again, and nothing of it stays", async function () {
    this.timeout(30_000);
    const slow = await Promise.all(Object.values(slowDoors).map((connect) => connect(suite.hub.url)));
    for (const { pause } of slow) pause();
    const polling = new PollingClient(suite.hub.url);
    await polling.enter("/noise");
    const gone = times(slow.length + 1, "disconnected");
    const before = process.memoryUsage();
    await tellEntries(1_500);
    // Some 12 MB were sent to each; all that is kept of it here is what its budget allows.
    const after = process.memoryUsage();
    expect(after.external - before.external).to.be.below(8 * KIB * KIB);
    await gone;
    expect(suite.hub.hub.connections.size).to.equal(bystanders.length);
    for (const { close } of slow) close();
  });
}
