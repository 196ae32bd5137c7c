import { once } from "node:events";
import { expect } from "chai";
import { systemClock } from "../../src/hub/clock.ts";
import { redisValues } from "../../src/redis/expiring-values.ts";
import { Redis } from "../../src/redis/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

describe("short-lived values in Redis", () => {
  let server: TestRedis;
  const links: Redis[] = [];

  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((redis) => redis.close()));
    await server.remove();
  });

  async function worker() {
    const redis = new Redis(server.url, systemClock);
    links.push(redis);
    const kept = new Map<string, string>();
    const local = {
      set: async (key: string, value: string) => void kept.set(key, value),
      get: async (key: string) => kept.get(key),
    };
    const values = redisValues(redis, local, systemClock);
    await redis.start();
    return { redis, values };
  }

  it("are known to every worker, for their time", async () => {
    const [one, other] = [await worker(), await worker()];
    await one.values.set("ws_token_x", "somebody", 60_000);
    expect(await other.values.get("ws_token_x")).to.equal("somebody");
    expect(await other.values.get("ws_token_y")).to.equal(undefined);
    const ttl = Number(await server.command("PTTL", "ws_token_x"));
    expect(ttl).to.be.within(50_000, 60_000);
  });

  it("are known where they were set while Redis is lost, and to all when it is back empty", async () => {
    const [one, other] = [await worker(), await worker()];
    await one.values.set("before", "somebody", 60_000);
    const lost = [one, other].map(({ redis }) => once(redis, "state"));
    await server.stop();
    await Promise.all(lost);
    await one.values.set("meanwhile", "somebody else", 60_000);
    expect(await one.values.get("before")).to.equal("somebody");
    expect(await one.values.get("meanwhile")).to.equal("somebody else");
    expect(await other.values.get("before")).to.equal(undefined);

    const live = [one, other].map(({ redis }) => once(redis, "state"));
    await server.start();
    await Promise.all(live);
    expect(await other.values.get("before")).to.equal("somebody");
    expect(await other.values.get("meanwhile")).to.equal("somebody else");
  });
});
