import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { SignJWT } from "jose";
import { DEMO_API_KEY, DEMO_USERS } from "../../src/apps/demo-users.ts";
import { DOORS, plainDoor, type Target, type TestClient } from "../support/client.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { kill, startWorker, type WorkerProcess } from "../support/worker-process.ts";

const MAIN = fileURLToPath(new URL("../../src/bin/worker.ts", import.meta.url));
const JWT_SECRET = "a secret that only these tests know, long enough";
/** Everything has to be right again this long after a worker was killed; milliseconds. */
const RIGHT_MS = 15_000;

describe("four worker processes on one Redis and one database", function () {
  this.timeout(60_000);
  const workers: WorkerProcess[] = [];
  let redis: TestRedis;
  let dataDir: string;

  before(async () => {
    redis = await startRedis();
    dataDir = await mkdtemp(path.join(tmpdir(), "junction-processes-"));
    // The first one puts the demo data in place.
    for (let i = 1; i <= 4; i++) workers.push(await start(`w${i}`));
  });
  after(async () => {
    await Promise.all(workers.map(kill));
    await redis.remove();
    await rm(dataDir, { recursive: true, force: true });
  });

  function start(name: string): Promise<WorkerProcess> {
    return startWorker(MAIN, [], { HUB_WORKER: name, HUB_DATA_DIR: dataDir, REDIS_URL: redis.url, JWT_SECRET });
  }

  const vehicles: Target = {
    path: "/vehicles/ws/vehicles/search",
    namespace: "/vehicles/search",
    kind: "apiKey",
    envelope: "data",
    credential: DEMO_API_KEY,
  };

  async function eventsTarget(): Promise<Target> {
    const { id, role } = DEMO_USERS.customer;
    const token = new SignJWT({ sub: id, role, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("10m");
    const credential = await token.sign(Buffer.from(JWT_SECRET));
    return { path: "/events/ws/events/123", namespace: "/events/123", credential };
  }

  async function stats(worker: WorkerProcess): Promise<unknown> {
    const client = await plainDoor.connect(worker.url, { ...(await eventsTarget()), path: "/events/ws" });
    client.send("get_stats");
    const { data } = await client.next("stats");
    await client.close();
    return data;
  }

  /** A Socket.IO client that is let in, or `undefined`. */
  function tryAt({ url }: WorkerProcess): Promise<TestClient | undefined> {
    return DOORS[1]!.connect(url, vehicles).catch((error: Error & { data?: { reason: string } }) => {
      expect(error.data?.reason).to.equal("Too Many Connections");
      return undefined;
    });
  }

  it("let five in by an API key, of 200 that try at once, and no sixth", async () => {
    const tries = await Promise.all(Array.from({ length: 200 }, (_, i) => tryAt(workers[i % 4]!)));
    const clients = tries.filter((client) => client !== undefined);
    expect(clients).to.have.length(5);
    for (const { url } of workers) expect((await plainDoor.refused(url, vehicles)).code).to.equal(1008);
    await Promise.all(clients.map((client) => client.close()));
  });

  it("give back what a worker held that is killed under load, and serve all others meanwhile", async () => {
    const [killed, ...others] = workers as [WorkerProcess, ...WorkerProcess[]];
    let held: TestClient[] = [];
    // The places of the spec before come free when their workers have seen the ends.
    while (held.length < 5) {
      const client = await tryAt(killed);
      if (client) held = [...held, client];
    }
    const watchers = await Promise.all(workers.map(async ({ url }) => DOORS[1]!.connect(url, await eventsTarget())));
    for (const watcher of watchers) await watcher.next("seat_update");
    expect(await stats(others[0]!)).to.eql({ totalClients: 5, eventSubscriptions: 4 });
    expect(await tryAt(others[0]!)).to.equal(undefined);

    const { credential } = await eventsTarget();
    const book = (worker: WorkerProcess) =>
      fetch(`${worker.url}/api/events/123/bookings`, {
        method: "POST",
        headers: { Authorization: `Bearer ${credential}`, "Content-Type": "application/json" },
        body: "{}",
      });
    const load = [0, 1, 2].map(async () => {
      for (let i = 0; i < 20; i++) await book(killed).catch(() => undefined);
    });
    await book(killed);
    killed.child.kill("SIGKILL");
    const began = Date.now();
    await Promise.all(load);

    // Those of the others hear each other as before.
    const answer = await book(others[1]!);
    expect(answer.status).to.equal(201);
    const { availableSeats } = (await answer.json()) as { availableSeats: number };
    for (const watcher of watchers.slice(1)) {
      while ((await watcher.next("seat_update")).availableSeats !== availableSeats);
    }
    const total = async (): Promise<unknown> => ((await stats(others[2]!)) as { totalClients: number }).totalClients;

    let place: TestClient | undefined;
    while (!place) place = await tryAt(others[0]!);
    expect(Date.now() - began).to.be.lessThan(RIGHT_MS);
    // The three that watch, and the one that asks.
    while ((await total()) !== 4) expect(Date.now() - began).to.be.lessThan(RIGHT_MS);
    await Promise.all([place, ...watchers.slice(1)].map((client) => client.close()));
  });
});
