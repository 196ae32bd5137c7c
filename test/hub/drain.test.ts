import { expect } from "chai";
import { io, type Socket } from "socket.io-client";
import { Drain } from "../../src/hub/drain.ts";
import { type Ended, plainDoor, type TestClient } from "../support/client.ts";
import { TestCluster } from "../support/cluster.ts";
import { startHub, type TestHub } from "../support/hub.ts";
import { until } from "../support/until.ts";

const EVENT = { path: "/ws/events/123", namespace: "/events/123" };

describe("draining a worker", () => {
  let hub: TestHub;
  beforeEach(async () => {
    hub = await startHub();
  });
  afterEach(() => hub.stop());

  async function crowd(size: number): Promise<TestClient[]> {
    const credential = await hub.token("customer");
    return Promise.all(Array.from({ length: size }, () => plainDoor.connect(hub.url, { ...EVENT, credential })));
  }

  /** Lets a drain pass through its next batch. */
  async function nextBatch(): Promise<void> {
    hub.clock.advance(250);
    await new Promise((resolve) => setImmediate(resolve));
  }

  it("ends clients in batches of about the same size, with 1001", async () => {
    const clients = await crowd(8);
    const ended: Ended[] = [];
    for (const client of clients) void client.ended.then((end) => ended.push(end));
    const drain = new Drain(hub.hub, { drainMs: 1_000, comeBackMs: 0 });
    const done = drain.run();
    for (const expected of [2, 4, 6, 8]) {
      await until(`${expected} clients have ended`, () => ended.length === expected);
      await until("the hub has seen them go", () => hub.hub.connections.size === 8 - expected);
      await nextBatch();
    }
    await done;
    expect(ended).to.eql(clients.map(() => ({ code: 1001, reason: "Draining" })));
  });

  it("asks each client to come back after a random delay", async () => {
    const auth = { token: await hub.token("customer") };
    const socket = io(`${hub.url}/events`, { auth, forceNew: true, reconnection: false });
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    const closing = new Promise((resolve) => socket.once("closing", resolve));
    void new Drain(hub.hub, { drainMs: 0, comeBackMs: 4_000 }, () => 0.25).run();
    expect(await closing).to.eql({ code: 1001, reason: "Draining", retryAfterMs: 1_000 });
  });

  it("moves clients too that come while it drains, and keeps serving for a moment without any", async () => {
    const drain = new Drain(hub.hub, { drainMs: 1_000, comeBackMs: 0 });
    let isDone = false;
    const done = drain.run().then(() => {
      isDone = true;
    });
    await nextBatch();
    expect(isDone).to.equal(false);
    const [late] = await crowd(1);
    await nextBatch();
    expect(await late!.ended).to.eql({ code: 1001, reason: "Draining" });
    await until("the hub has seen it go", () => hub.hub.connections.size === 0);
    await nextBatch();
    await done;
  });

  it("is unready from the start", () => {
    const drain = new Drain(hub.hub, { drainMs: 1_000, comeBackMs: 0 });
    expect(() => drain.check()).not.to.throw();
    void drain.run();
    expect(() => drain.check()).to.throw("Draining");
  });
});

describe("SIGTERM and --reload, with real workers behind nginx", function () {
  this.timeout(90_000);
  let cluster: TestCluster;
  const sockets: Socket[] = [];

  before(async () => {
    cluster = await TestCluster.start({ workers: 2, file: { cluster: { drainMs: 1_500, comeBackMs: 200 } } });
  });
  after(() => cluster.stop());
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.disconnect();
  });

  async function connect(transports: string[]): Promise<Socket> {
    const auth = { token: await cluster.token() };
    const options = { transports, auth, forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 500 };
    const socket = io(`${cluster.url}/events`, options);
    sockets.push(socket);
    // The server has ended it: a client that is asked to come back does so by itself.
    socket.on("closing", ({ retryAfterMs }: { retryAfterMs: number }) => {
      socket.once("disconnect", () => setTimeout(() => socket.connect(), retryAfterMs));
    });
    if (!socket.connected) await new Promise<void>((resolve) => socket.once("connect", resolve));
    return socket;
  }

  /** Asks again and again, until it is told to stop; the statuses that were no success. */
  function load(lanes: number): { stop(): Promise<{ requests: number; failures: string[] }> } {
    let isRunning = true;
    let requests = 0;
    const failures: string[] = [];
    const lane = async (token: string): Promise<void> => {
      while (isRunning) {
        requests++;
        // One in three changes something, which nobody may repeat.
        const books = requests % 3 === 0;
        const method = books ? "POST" : "GET";
        const path = books ? "/api/events" : "/api/events";
        const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
        const body = books ? { body: JSON.stringify({ name: "Load", seatCapacity: 10 }) } : {};
        const outcome = await fetch(cluster.url + path, { method, headers, ...body }).then(
          async (response) => {
            await response.arrayBuffer();
            return response.ok ? undefined : `${method} ${response.status}`;
          },
          (error: Error) => `${method} ${error.message}`,
        );
        if (outcome !== undefined) failures.push(outcome);
      }
    };
    const all = cluster
      .token("operator")
      .then((token) => Promise.all(Array.from({ length: lanes }, () => lane(token))));
    return {
      async stop() {
        isRunning = false;
        await all;
        return { requests, failures };
      },
    };
  }

  it("moves the clients of a worker that gets SIGTERM to the others, fails no request, and starts it again", async () => {
    const clients = await Promise.all([["polling"], ["websocket"], ["polling"], ["websocket"]].map(connect));
    const work = load(4);
    const leaving = cluster.pidOf("w1");
    process.kill(leaving, "SIGTERM");
    await cluster.says("w1 ended (0)");
    await until("w1 is back", () => cluster.pidOf("w1") !== leaving);
    await until("every client is connected", () => clients.every(({ connected }) => connected));
    const { requests, failures } = await work.stop();
    expect(failures).to.eql([]);
    expect(requests).to.be.greaterThan(100);
    for (const client of clients) expect(await client.emitWithAck("get_stats", {})).to.include({ ok: true });
  });

  it("replaces all workers on --reload, with no failed request and no client away for longer than a reconnect", async () => {
    const clients = await Promise.all([["polling"], ["websocket"], ["polling"], ["websocket"]].map(connect));
    const gaps: number[] = [];
    for (const client of clients) {
      client.on("disconnect", () => {
        const gone = Date.now();
        client.once("connect", () => gaps.push(Date.now() - gone));
      });
    }
    const before = cluster.state.workers;
    const work = load(4);
    const { code, output } = await cluster.command("--reload");
    expect(output).to.match(/Reloaded: w\d+, w\d+/);
    expect(code).to.equal(0);
    const { requests, failures } = await work.stop();
    expect(failures).to.eql([]);
    expect(requests).to.be.greaterThan(100);

    const { workers } = cluster.state;
    expect(workers).to.have.length(2);
    expect(workers.filter(({ pid }) => before.some((old) => old.pid === pid))).to.eql([]);
    await until("every client is connected", () => clients.every(({ connected }) => connected));
    expect(gaps.length).to.be.greaterThanOrEqual(clients.length);
    expect(Math.max(...gaps)).to.be.lessThan(3_000);
  });

  it("says that there is nothing to reload where no cluster runs", async () => {
    const other = await TestCluster.spawn({ env: { HUB_DATA_DIR: "./elsewhere", PATH: "/nowhere" } });
    await other.exited;
    const { code, output } = await other.command("--reload");
    expect(code).to.equal(1);
    expect(output).to.contain("No cluster runs with the data folder ./elsewhere");
    await other.stop();
  });
});
