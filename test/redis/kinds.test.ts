import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { systemClock } from "../../src/hub/clock.ts";
import { parseRedisUrl } from "../../src/redis/address.ts";
import { redisLimits } from "../../src/redis/limits.ts";
import { Redis } from "../../src/redis/redis.ts";
import { freePort } from "../support/free-port.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

describe("REDIS_URL", () => {
  it("is a server, with or without a port, a user, a database and TLS", () => {
    const common = { kind: "server", tls: false, username: undefined, password: undefined, database: 0 };
    expect(parseRedisUrl("redis://cache")).to.deep.include({ ...common, hosts: [{ host: "cache", port: 6379 }] });
    expect(parseRedisUrl("rediss://user:p%40ss:word@[::1]:7000/3")).to.deep.include({
      ...{ kind: "server", tls: true, username: "user", password: "p@ss:word", database: 3 },
      hosts: [{ host: "::1", port: 7000 }],
    });
  });

  it("is a Redis Cluster where it has several hosts or says so", () => {
    const hosts = [
      { host: "a", port: 7000 },
      { host: "b", port: 6379 },
    ];
    expect(parseRedisUrl("redis://:secret@a:7000,b")).to.deep.include({ kind: "cluster", hosts, password: "secret" });
    expect(parseRedisUrl("rediss+cluster://a")).to.deep.include({ kind: "cluster", tls: true });
  });

  it("is sentinels and the name of the master they know", () => {
    expect(parseRedisUrl("redis+sentinel://:secret@a,b:5000/main")).to.deep.include({
      kind: "sentinel",
      master: "main",
      hosts: [
        { host: "a", port: 26_379 },
        { host: "b", port: 5000 },
      ],
    });
  });

  it("that is wrong is refused without a word of what it is", () => {
    const wrong = [
      "http://secret",
      "redis://secret:port",
      "redis://u:%secret@host",
      "redis+sentinel://secret",
      "secret",
    ];
    for (const url of wrong) {
      expect(() => parseRedisUrl(url))
        .to.throw("REDIS_URL must have one of the forms")
        .with.property("message")
        .that.does.not.include("secret");
    }
  });
});

/** Two workers over `url` hear each other on channels of both kinds, and share limits. */
async function expectToWork(url: string): Promise<void> {
  const [one, other] = [new Redis(url, systemClock), new Redis(url, systemClock)];
  const limits = [redisLimits(one, systemClock), redisLimits(other, systemClock)] as const;
  try {
    await Promise.all([one.start(), other.start()]);
    expect([one.state, one.reason, other.state]).to.eql(["live", undefined, "live"]);
    for (const kind of ["sharded", "common"] as const) {
      // Several, so that in a cluster they are on several nodes.
      for (const channel of ["a", "b", "c", "d", "e", "f"].map((name) => `${kind} ${name}`)) {
        const heard = new Promise((resolve) => other.subscribe(kind, channel, (text) => resolve(text.toString())));
        await other.settled(channel);
        one.publish(kind, channel, channel);
        expect(await heard).to.equal(channel);
      }
    }
    const taken = await Promise.all(Array.from({ length: 20 }, (_, i) => limits[i % 2]!.take("key", 5)));
    expect(taken.filter((place) => place !== undefined)).to.have.length(5);
  } finally {
    await Promise.all(limits.map((all) => all.leave()));
    await Promise.all([one.close(), other.close()]);
  }
}

describe("a Redis Cluster of three nodes", () => {
  const nodes: TestRedis[] = [];

  before(async function () {
    this.timeout(40_000);
    for (const range of [
      ["0", "5460"],
      ["5461", "10922"],
      ["10923", "16383"],
    ]) {
      const bus = await freePort();
      const node = await startRedis(["cluster-enabled yes", `cluster-port ${bus}`, "cluster-announce-ip 127.0.0.1"]);
      nodes.push(node);
      await node.command("CLUSTER", "ADDSLOTSRANGE", ...range);
      const first = nodes[0]!;
      const firstBus = /:\d+@(\d+)/.exec(String(await first.command("CLUSTER", "NODES")))?.[1] ?? "";
      if (node !== first) await node.command("CLUSTER", "MEET", "127.0.0.1", String(first.port), firstBus);
      await node.command("CLUSTER", "SET-CONFIG-EPOCH", String(nodes.length)).catch(() => {});
    }
    for (const node of nodes) {
      while (!String(await node.command("CLUSTER", "INFO")).includes("cluster_state:ok")) await sleep(50);
    }
  });
  after(() => Promise.all(nodes.map((node) => node.remove())));

  it("carries messages and limits", async function () {
    this.timeout(20_000);
    const [first, second] = nodes as [TestRedis, TestRedis];
    await expectToWork(first.url.replace(`:${first.port}`, `:${first.port},127.0.0.1:${second.port}`));
  });
});

describe("Redis behind a sentinel", () => {
  const started: TestRedis[] = [];
  const links: Redis[] = [];
  after(async () => {
    await Promise.all(links.map((link) => link.close()));
    await Promise.all(started.map((server) => server.remove()));
  });

  it("carries messages and limits, and is found again where the sentinel moved it", async function () {
    this.timeout(60_000);
    const master = await startRedis();
    const replica = await startRedis([`replicaof 127.0.0.1 ${master.port}`, `masterauth "${master.password}"`]);
    const sentinel = await startRedis(
      [
        `sentinel monitor main 127.0.0.1 ${master.port} 1`,
        `sentinel auth-pass main "${master.password}"`,
        "sentinel down-after-milliseconds main 500",
        "sentinel failover-timeout main 5000",
      ],
      true,
    );
    started.push(master, replica, sentinel);
    const url = `redis+sentinel://:${encodeURIComponent(master.password)}@127.0.0.1:${sentinel.port}/main`;
    await expectToWork(url);

    const redis = new Redis(url, systemClock);
    links.push(redis);
    await redis.start();
    while (!JSON.stringify(await sentinel.command("SENTINEL", "REPLICAS", "main")).includes(String(replica.port))) {
      await sleep(100);
    }
    const change = once(redis, "state");
    await master.stop();
    expect((await change)[0]).to.equal("lost");
    while (redis.state === "lost") await once(redis, "state");
    const heard = new Promise((resolve) => redis.subscribe("sharded", "room", (text) => resolve(text.toString())));
    await redis.settled("room");
    redis.publish("sharded", "room", "moved");
    expect(await heard).to.equal("moved");
  });
});

describe("a Redis before version 7", () => {
  it("is used by common channels", async () => {
    const server = await startRedis();
    // The same server, but it says that it is a 6: what would be refused there would also not be heard here.
    const proxy = createServer((client) => {
      const upstream = connect(server.port, "127.0.0.1");
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
      client.pipe(upstream);
      upstream.on("data", (data) => {
        client.write(Buffer.from(data.toString("latin1").replace("redis_version:7", "redis_version:6"), "latin1"));
      });
      upstream.on("close", () => client.destroy());
      client.on("close", () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    await expectToWork(server.url.replace(String(server.port), String(port)));
    expect(await server.command("INFO", "commandstats"))
      .to.include("cmdstat_subscribe")
      .and.not.include("cmdstat_ss");
    proxy.close();
    await server.remove();
  });
});
