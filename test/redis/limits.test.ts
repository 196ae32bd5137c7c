import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { systemClock } from "../../src/hub/clock.ts";
import { type RedisLimits, redisLimits } from "../../src/redis/limits.ts";
import { Redis } from "../../src/redis/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

interface Worker {
  readonly redis: Redis;
  readonly limits: RedisLimits;
}

describe("limits in Redis", () => {
  let server: TestRedis;
  const workers: Worker[] = [];

  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    server.thaw();
    await Promise.all(workers.splice(0).map(end));
    await server.remove();
  });

  async function worker(): Promise<Worker> {
    const redis = new Redis(server.url, systemClock);
    const limits = redisLimits(redis, systemClock);
    await redis.start();
    workers.push({ redis, limits });
    return { redis, limits };
  }

  async function end({ redis, limits }: Worker): Promise<void> {
    await limits.leave();
    await redis.close();
  }

  async function four(): Promise<[Worker, Worker, Worker, Worker]> {
    return [await worker(), await worker(), await worker(), await worker()];
  }

  async function becomes(state: "live" | "lost", of: readonly Worker[]): Promise<void> {
    await Promise.all(of.map(async ({ redis }) => redis.state !== state && (await once(redis, "state"))));
  }

  it("give no more places than there are, 200 tries at once on four workers, and give them anew", async () => {
    const all = await four();
    const tries = Array.from({ length: 200 }, (_, i) => all[i % 4]!.limits.take("key", 5));
    const taken = (await Promise.all(tries)).filter((place) => place !== undefined);
    expect(taken).to.have.length(5);
    taken[0]!();
    taken[0]!();
    // By the time each worker has had an answer, Redis has what each told before.
    await Promise.all(all.map(({ limits }) => limits.counted("anything")));
    expect(await all[3].limits.take("key", 5)).to.be.a("function");
    expect(await all[2].limits.take("key", 5)).to.equal(undefined);
    expect(await all[2].limits.take("another key", 5)).to.be.a("function");
  });

  it("count over all workers", async () => {
    const [one, other] = [await worker(), await worker()];
    const off = [one.limits.count("clients"), one.limits.count("clients"), other.limits.count("clients")];
    // Asked by each, so that Redis has what it was told on the connection of each.
    expect(await other.limits.counted("clients")).to.be.at.least(1);
    expect(await one.limits.counted("clients")).to.equal(3);
    off[0]!();
    off[0]!();
    off[2]!();
    await one.limits.counted("clients");
    await other.limits.counted("clients");
    expect(await one.limits.counted("clients")).to.equal(1);
    expect(await one.limits.counted("nothing")).to.equal(0);
  });

  it("let windows slide over all workers", async () => {
    const [one, other] = [await worker(), await worker()];
    const tries = [one, other, one, other].map(({ limits }) => limits.attempt("key", 3, 300));
    expect((await Promise.all(tries)).filter((allowed) => allowed)).to.have.length(3);
    while (!(await one.limits.attempt("key", 3, 300)));
    expect(await other.limits.attempt("key", 1, 60_000)).to.equal(false);
  });

  it("give what a worker held to others at once when it ends, and within 15 seconds when it is killed", async function () {
    this.timeout(30_000);
    const one = await worker();
    const other = await worker();
    await one.limits.take("key", 1);
    await end(one);
    const place = await other.limits.take("key", 1);
    expect(place).to.be.a("function");
    place?.();
    await other.limits.counted("anything");

    const killed = await holder(5);
    expect(await other.limits.take("key", 5)).to.equal(undefined);
    expect(await other.limits.counted("key")).to.equal(5);
    killed.kill("SIGKILL");
    const began = Date.now();
    while ((await other.limits.take("key", 5)) === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(Date.now() - began).to.be.lessThan(15_000);
    expect(await other.limits.counted("key")).to.equal(0);
  });

  it("leave a live worker what it holds, however long it holds it", async function () {
    this.timeout(30_000);
    const one = await worker();
    const other = await worker();
    await one.limits.take("key", 1);
    one.limits.count("clients");
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    expect(await other.limits.take("key", 1)).to.equal(undefined);
    expect(await other.limits.counted("clients")).to.equal(1);
  });

  it("fall back to a share of each worker while Redis is lost, and are right when it is back empty", async () => {
    const all = await four();
    await Promise.all(all.map(({ redis }) => redis.fail(new Error("to learn of each other"))));
    await becomes("lost", all);
    await becomes("live", all);
    const places = [await all[0].limits.take("key", 9), await all[1].limits.take("key", 9)];
    all[0].limits.count("clients");
    await server.stop();
    await becomes("lost", all);

    // Two of nine are a share; the first worker has taken one of its two already.
    expect(await all[0].limits.take("key", 9)).to.be.a("function");
    expect(await all[0].limits.take("key", 9)).to.equal(undefined);
    const off = all[2].limits.count("clients");
    expect(await all[2].limits.take("rare key", 1), "at least one").to.be.a("function");
    expect(await all[2].limits.attempt("key", 1, 60_000)).to.equal(true);
    expect(await all[2].limits.attempt("key", 1, 60_000)).to.equal(false);
    expect(await all[2].limits.counted("clients")).to.equal(1);
    places[1]?.();

    await server.start();
    await becomes("live", all);
    expect(await all[3].limits.counted("clients")).to.equal(2);
    const more = await Promise.all(Array.from({ length: 20 }, (_, i) => all[i % 4]!.limits.take("key", 9)));
    expect(
      more.filter((place) => place !== undefined),
      "nine, of which two are held",
    ).to.have.length(7);
    off();
    await all[2].limits.counted("clients");
    expect(await all[0].limits.counted("clients")).to.equal(1);
  });

  it("are right after Redis was frozen for longer than a lease", async function () {
    this.timeout(40_000);
    const all = [await worker(), await worker()] as const;
    await all[0].limits.take("key", 2);
    all[0].limits.count("clients");
    server.freeze();
    const asked = all[1].limits.take("another key", 2);
    await becomes("lost", all);
    expect(await asked, "answered without Redis").to.be.a("function");
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    server.thaw();
    await becomes("live", all);
    expect(await all[1].limits.counted("clients")).to.equal(1);
    expect(await all[1].limits.take("key", 2)).to.be.a("function");
    expect(await all[1].limits.take("key", 2)).to.equal(undefined);
    expect(await all[0].limits.take("another key", 2)).to.be.a("function");
    expect(await all[0].limits.take("another key", 2)).to.equal(undefined);
  });

  it("notice that Redis was emptied, and put everything back", async () => {
    const one = await worker();
    await one.limits.take("key", 1);
    await server.command("FLUSHALL");
    expect(await one.limits.take("key", 1), "its own lease is gone").to.equal(undefined);
    await becomes("live", [one]);
    expect(await (await worker()).limits.take("key", 1)).to.equal(undefined);
  });

  it("show Redis no key as it is", async () => {
    const one = await worker();
    await one.limits.take("connections:secret", 1);
    await one.limits.attempt("login:secret", 1, 60_000);
    const keys = (await server.command("KEYS", "*")) as string[];
    const held = keys.filter((key) => key.includes("holds"));
    const names = await Promise.all(held.map((key) => server.command("HKEYS", key)));
    expect(keys).to.have.length(3);
    expect(JSON.stringify([keys, names])).to.not.include("secret");
  });

  async function holder(places: number): Promise<ChildProcess> {
    const script = fileURLToPath(new URL("limits-holder.ts", import.meta.url));
    const args = ["--import=tsx", script, server.url, "key", String(places)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout!, "data");
    return child;
  }
});
