import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { SignJWT } from "jose";
import { DEMO_USERS } from "../../src/apps/demo-users.ts";
import { DOORS, type Door, type TestClient } from "../support/client.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { kill, startWorker, type WorkerProcess } from "../support/worker-process.ts";

const WORKER = fileURLToPath(new URL("crashing-worker.ts", import.meta.url));
const JWT_SECRET = "a secret that only these tests know, long enough";

/** What a worker that died has not sent, another one sends within this time; milliseconds. */
const RECOVERED_MS = 5_000;

describe("a worker that dies", function () {
  this.timeout(60_000);
  const started: WorkerProcess[] = [];
  const clients: TestClient[] = [];
  let redis: TestRedis;
  let dataDir: string;
  let survivor: WorkerProcess;

  before(async () => {
    redis = await startRedis();
    dataDir = await mkdtemp(path.join(tmpdir(), "junction-crash-"));
    survivor = await start("w1");
  });
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
  after(async () => {
    await Promise.all(started.map(kill));
    await redis.remove();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A worker that dies when it passes a fault point so many times. */
  async function start(name: string, point = "never", times = 1): Promise<WorkerProcess> {
    const settings = { HUB_WORKER: name, HUB_DATA_DIR: dataDir, REDIS_URL: redis.url, JWT_SECRET };
    const worker = await startWorker(WORKER, [point, String(times)], settings);
    started.push(worker);
    return worker;
  }

  async function token(user: keyof typeof DEMO_USERS): Promise<string> {
    const { id, role } = DEMO_USERS[user];
    const claims = { sub: id, role, exp: Math.floor(Date.now() / 1000) + 1800, jti: crypto.randomUUID() };
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(JWT_SECRET));
  }

  async function post(worker: WorkerProcess, at: string, body: unknown, key: string): Promise<Record<string, unknown>> {
    const headers = {
      Authorization: `Bearer ${await token("operator")}`,
      "Content-Type": "application/json",
      "Idempotency-Key": key,
    };
    const response = await fetch(worker.url + at, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as Record<string, unknown>;
  }

  /** An event of its own for each spec, made by the survivor. */
  async function anEvent(): Promise<number> {
    const body = { name: "Night", seatCapacity: 100 };
    return (await post(survivor, "/api/events", body, crypto.randomUUID())).id as number;
  }

  /** A client that watches an event, from after `since` if that is given. */
  async function watch(worker: WorkerProcess, door: Door, eventId: number, since?: number): Promise<TestClient> {
    const client = await door.connect(worker.url, {
      path: `/events/ws/events/${eventId}`,
      namespace: `/events/${eventId}`,
      credential: await token("customer"),
      ...(since !== undefined && { since }),
    });
    clients.push(client);
    return client;
  }

  /** The places of the bookings that a client was told of. */
  function places({ log }: TestClient): unknown[] {
    return log.flatMap(([type, { seq }]) => (type === "booking_created" ? [seq] : []));
  }

  for (const point of ["written", "published"] as const) {
    const when = point === "written" ? "between a change and its publication" : "between publication and the answer";
    it(`${when}: others are told once, in time, and the change is made once`, async () => {
      const eventId = await anEvent();
      const watchers = await Promise.all(DOORS.map((door) => watch(survivor, door, eventId)));
      for (const watcher of watchers) await watcher.next("seat_update");
      // Requests with a key pass no fault point but those of the change itself.
      const doomed = await start("w2", point);
      const at = `/api/events/${eventId}/bookings`;
      const key = crypto.randomUUID();
      const exited = once(doomed.child, "exit");
      const lost = await post(doomed, at, { seats: 2 }, key).catch((error: unknown) => error);
      await exited;
      expect(lost).to.be.instanceOf(Error);

      const deadline = Date.now() + RECOVERED_MS;
      for (const watcher of watchers) {
        expect(await watcher.next("booking_created")).to.include({ eventId, availableSeats: 98, seq: 1 });
        expect(await watcher.next("seat_update")).to.include({ availableSeats: 98 });
      }
      expect(Date.now()).to.be.lessThan(deadline);

      const answer = await post(survivor, at, { seats: 2 }, key);
      expect(answer).to.include({ bookingId: 1 });
      await post(survivor, at, { seats: 1 }, crypto.randomUUID());
      for (const watcher of watchers) {
        expect(await watcher.next("booking_created")).to.include({ availableSeats: 97, seq: 2 });
        expect(places(watcher)).to.eql([1, 2]);
      }
    });
  }

  for (const door of DOORS) {
    it(`in the middle of a replay: the client goes on elsewhere where it stood, by ${door.name}`, async () => {
      const eventId = await anEvent();
      for (let i = 0; i < 40; i++) {
        await post(survivor, `/api/events/${eventId}/bookings`, { seats: 1 }, crypto.randomUUID());
      }
      const doomed = await start("w3", "replaying", 20);
      const exited = once(doomed.child, "exit");
      const first = await watch(doomed, door, eventId, 3);
      await exited;
      await first.ended;
      const seen = places(first);
      expect(seen).to.eql(seen.map((_, i) => 4 + i));
      expect(seen.length).to.be.lessThan(37);

      const second = await watch(survivor, door, eventId, (seen.at(-1) as number | undefined) ?? 3);
      expect(await second.next("connection_established")).to.include({ recovered: true, seq: 40 });
      await second.next("seat_update");
      expect([...seen, ...places(second)]).to.eql(Array.from({ length: 37 }, (_, i) => 4 + i));
    });
  }
});
