import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect } from "chai";
import { WebSocket } from "ws";
import { DOORS } from "../support/client.ts";
import { PollingClient } from "../transports/socketio/polling-client.ts";
import type { Address, Measurement } from "./measured-hub.ts";
import { HANDSHAKE, knock, RAW_DOORS, type RawClient, statusOf } from "./raw-clients.ts";
import { eventAt, vehiclesAt } from "./targets.ts";

const ROUNDS = 1_000;
/** Caches fill and code is compiled before anything is measured. */
const WARM_UP = 300;
const AT_ONCE = 8;

/** One way to abuse a hub; resolves when the client is gone. */
type Abuse = (address: Address) => Promise<void>;

const onBothDoors = (abuse: (client: RawClient) => void): Abuse[] =>
  RAW_DOORS.map((door) => async ({ url, token }) => {
    const client = await door.connect(url, token);
    abuse(client);
    await client.ended;
  });

const ABUSES: readonly Abuse[] = [
  ...onBothDoors((client) => client.ws.send(Buffer.from([1, 2, 3]))),
  ...onBothDoors((client) => client.ws.send("x".repeat(1024 * 1024))),
  ...onBothDoors((client) => client.ws.send(Buffer.from([0xff]), { binary: false })),
  ...onBothDoors((client) => {
    for (let i = 0; i < 50; i++) client.emit("subscribe_event", { eventId: i % 2 ? 123 : 999_999 });
    client.ws.terminate();
  }),
  ...onBothDoors((client) => {
    for (let i = 0; i < 50; i++) client.emit(`nonsense ${Math.random()}`);
    client.ws.close();
  }),
  ...onBothDoors((client) => {
    client.ws.pause();
    for (let i = 0; i < 50; i++) client.emit("get_stats");
    client.ws.terminate();
  }),
  async ({ url, token }) => {
    const client = await RAW_DOORS[1]!.connect(url, token);
    client.ws.send("42/events,garbage");
    await client.ended;
  },
  async ({ url }) => {
    for (const door of DOORS) await door.refused(url, eventAt(123, `bad ${Math.random()}`));
  },
  async ({ url, token }) => {
    for (const door of DOORS) await door.refused(url, eventAt(Math.floor(1e6 + Math.random() * 1e6), token));
  },
  async ({ url, token }) => {
    const clients = await Promise.all(DOORS.map((door) => door.connect(url, eventAt(123, token))));
    await Promise.all(clients.map((client) => client.close()));
  },
  async ({ url, apiKey }) => {
    // With five places for eight at once, some are refused; those who get in search until they are put out.
    for (const door of DOORS) {
      const client = await door.connect(url, vehiclesAt(apiKey)).catch(() => undefined);
      for (let i = 0; i < 11; i++) client?.send("search", { term: "A" });
      await client?.ended;
    }
  },
  async ({ url, apiKey }) => {
    const headers = { ...HANDSHAKE, "X-API-Key": apiKey };
    expect(
      await statusOf(await knock(url, "/ws/vehicles/search", { ...headers, "Sec-WebSocket-Version": "1" })),
    ).to.equal(400);
    expect(await statusOf(await knock(url, `/nowhere/${Math.random()}`, headers))).to.equal(404);
    const gone = await knock(url, "/ws/vehicles/search", headers);
    gone.destroy();
    await once(gone, "close");
  },
  async ({ url, token }) => {
    const client = new PollingClient(url);
    await client.enter("/events", { token });
    for (let i = 0; i < 3; i++) await client.post('42/events,["ping"]', '42/events,["nonsense"]');
    await client.leave();
  },
  async ({ url, token }) => {
    // Gone in the middle of being let in.
    const ws = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    await once(ws, "open");
    ws.send(`40/events/123,${JSON.stringify({ token })}`);
    ws.terminate();
    await once(ws, "close");
  },
];

describe("a hub that is abused", function () {
  this.timeout(120_000);
  let child: ChildProcess;
  let address: Address;

  before(async () => {
    const script = path.join(import.meta.dirname, "measured-hub.ts");
    child = fork(script, { execArgv: ["--expose-gc", "--import=tsx"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    [address] = (await once(child, "message")) as [Address];
  });
  after(async () => {
    const exits = once(child, "exit");
    child.disconnect();
    await exits;
  });

  const measure = async (): Promise<Measurement> => {
    child.send("measure");
    return (await once(child, "message"))[0] as Measurement;
  };
  async function abuse(rounds: number): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < rounds) await ABUSES[next++ % ABUSES.length]?.(address);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  it(`uses within 10 % of what it used before, after ${ROUNDS} clients have come, abused it and gone`, async () => {
    await abuse(WARM_UP);
    const before = await measure();
    await abuse(ROUNDS);
    const after = await measure();
    const growth = (after.heapUsed - before.heapUsed) / before.heapUsed;
    console.log(`      ${(before.heapUsed / 1e6).toFixed(1)} MB before, ${(after.heapUsed / 1e6).toFixed(1)} MB after`);
    expect(growth).to.be.below(0.1);
    expect(after.connections).to.equal(0);
    expect(after.timers).to.equal(before.timers);
  });

  it("still counts right: no client, no subscription, and every place of the API key free", async () => {
    const { url, token, apiKey } = address;
    const client = await DOORS[0]!.connect(url, eventAt(123, token));
    client.send("get_stats");
    expect((await client.next("stats")).data).to.eql({ totalClients: 1, eventSubscriptions: 1 });
    const five = await Promise.all(Array.from({ length: 5 }, (_, i) => DOORS[i % 2]!.connect(url, vehiclesAt(apiKey))));
    expect(await DOORS[0]!.refused(url, vehiclesAt(apiKey))).to.include({ reason: "Too Many Connections" });
    await Promise.all([client, ...five].map((each) => each.close()));
  });
});
