import { once } from "node:events";
import { expect } from "chai";
import { systemClock } from "../../src/hub/clock.ts";
import { Redis } from "../../src/redis/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

describe("the link to Redis", () => {
  let server: TestRedis;
  const links: Redis[] = [];

  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close()));
    await server.remove();
  });

  async function link(url = server.url): Promise<Redis> {
    const redis = new Redis(url, systemClock);
    links.push(redis);
    await redis.start();
    return redis;
  }

  /** The next message on a channel. */
  function heard(redis: Redis, channel: string, kind: "sharded" | "common" = "sharded"): Promise<string> {
    return new Promise((resolve) => redis.subscribe(kind, channel, (payload) => resolve(payload.toString())));
  }

  async function lost(redis: Redis): Promise<void> {
    if (redis.state === "live") await once(redis, "state");
    expect(redis.state).to.equal("lost");
  }

  async function live(redis: Redis): Promise<void> {
    if (redis.state === "lost") await once(redis, "state");
    expect(redis.state).to.equal("live");
  }

  it("is live once its canary has come back, and carries messages", async () => {
    const [one, other] = [await link(), await link()];
    for (const kind of ["sharded", "common"] as const) {
      const message = heard(other, `room ${kind}`, kind);
      await other.settled(`room ${kind}`);
      one.publish(kind, `room ${kind}`, "hello");
      expect(await message).to.equal("hello");
    }
    expect(one.state).to.equal("live");
    one.check();
  });

  it("starts without Redis, says why, and is live when Redis comes", async () => {
    await server.stop();
    const redis = await link();
    expect(redis.state).to.equal("lost");
    expect(redis.reason).to.include("ECONNREFUSED");
    expect(() => redis.check()).to.throw("only messages of class log arrive");
    await server.start();
    await live(redis);
  });

  it("tells nothing of the password when it is wrong", async () => {
    const redis = await link(server.url.replace("tests", "pests"));
    expect(redis.state).to.equal("lost");
    expect(redis.reason).to.include("WRONGPASS").and.not.include("pests");
  });

  it("is lost when Redis ends, tells each change once, and hears its channels again when Redis is back empty", async () => {
    const redis = await link();
    const told: string[] = [];
    redis.on("state", (state) => told.push(state));
    const message = heard(redis, "room");
    await redis.settled("room");
    await server.stop();
    await lost(redis);
    redis.publish("sharded", "room", "sent while lost: dropped");
    await server.start();
    await live(redis);
    (await link()).publish("sharded", "room", "after");
    expect(await message).to.equal("after");
    expect(told).to.eql(["lost", "live"]);
  });

  it("finds a frozen Redis within 5 seconds, and is live soon after it goes on", async () => {
    const redis = await link();
    const message = heard(redis, "room");
    await redis.settled("room");
    const began = Date.now();
    server.freeze();
    const command = redis.command("key", ["GET", "key"]).then(
      () => "answered",
      () => "refused",
    );
    await lost(redis);
    expect(Date.now() - began).to.be.lessThan(5_000);
    expect(await command).to.equal("refused");
    server.thaw();
    await live(redis);
    redis.publish("sharded", "room", "after");
    expect(await message).to.equal("after");
  });

  it("finds a subscription that has died silently within 5 seconds, and puts it right", async () => {
    const redis = await link();
    const message = heard(redis, "room");
    await redis.settled("room");
    // The connections stay and commands that read are answered, but nothing that is published arrives.
    await server.command("CLIENT", "PAUSE", "4500", "WRITE");
    const began = Date.now();
    await lost(redis);
    expect(Date.now() - began).to.be.lessThan(5_000);
    await live(redis);
    redis.publish("sharded", "room", "after");
    expect(await message).to.equal("after");
  });

  it("is back when an administrator cuts its subscriptions", async () => {
    const redis = await link();
    await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    await lost(redis);
    await live(redis);
  });

  it("is not live where Redis refuses what it has to hear", async () => {
    const redis = await link();
    await server.command("ACL", "SETUSER", "default", "resetchannels");
    await lost(redis);
    expect(redis.reason).to.be.a("string");
    const refused = once(redis, "state").then(() => "live");
    const waited = new Promise((resolve) => setTimeout(resolve, 500, "still lost"));
    expect(await Promise.race([refused, waited])).to.equal("still lost");
    await server.command("ACL", "SETUSER", "default", "allchannels");
    await live(redis);
  });

  it("keeps a subscription that is given up and wanted again at once", async () => {
    const redis = await link();
    for (let i = 0; i < 50; i++) {
      redis.subscribe("sharded", "room", () => {});
      if (i % 3 === 0) await redis.settled("room");
      redis.unsubscribe("room");
    }
    const message = heard(redis, "room");
    await redis.settled("room");
    redis.publish("sharded", "room", "still there");
    expect(await message).to.equal("still there");
  });

  it("survives a listener that throws", async () => {
    const redis = await link();
    const fault = once(redis, "fault");
    redis.subscribe("common", "room", () => {
      throw new Error("of ours");
    });
    await redis.settled("room");
    redis.publish("common", "room", "");
    expect(((await fault)[0] as Error).message).to.equal("of ours");
    expect(redis.state).to.equal("live");
  });
});
