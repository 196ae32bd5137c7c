import { expect } from "chai";
import { DOORS, type Door, plainDoor, type Target, type TestClient } from "../support/client.ts";
import type { DemoUserName, TestHub } from "../support/hub.ts";
import { onBoard, startWorkers, type Workers } from "./workers.ts";

/** How long Redis is away, in milliseconds. */
const AWAY_MS = 10_000;

describe("two workers and Redis", () => {
  let workers: Workers;
  let one: TestHub;
  let other: TestHub;

  before(async () => {
    workers = await startWorkers(2);
    [one, other] = workers.all as [TestHub, TestHub];
  });
  after(() => workers?.stop());

  async function boardAt(
    worker: TestHub,
    door: Door = plainDoor,
    user: DemoUserName = "customer",
  ): Promise<TestClient> {
    const target: Target = { path: "/board", namespace: "/board", credential: await worker.token(user) };
    return door.connect(worker.url, target);
  }

  async function join(client: TestClient, room: string): Promise<TestClient> {
    client.send("join", { room });
    expect(await client.next("joined")).to.eql({ room });
    return client;
  }

  /** Every member on every door and worker. */
  async function everywhere(room: string): Promise<TestClient[]> {
    const places = workers.all.flatMap((worker) => DOORS.map((door) => ({ worker, door })));
    return Promise.all(places.map(async ({ worker, door }) => join(await boardAt(worker, door), room)));
  }

  function notes(client: TestClient): unknown[] {
    return client.log.filter(([type]) => type === "note").map(([, { text }]) => text);
  }

  async function closeAll(clients: readonly TestClient[]): Promise<void> {
    await Promise.all(clients.map((client) => client.close()));
  }

  it("give a member on each worker and each door each message once, whichever worker it is from", async () => {
    const members = await everywhere("news");
    const stranger = await join(await boardAt(other), "other news");
    for (let i = 0; i < 20; i++) workers.all[i % 2]!.hub.publish(onBoard("news", "note", { text: `${i}` }));
    for (const worker of workers.all) worker.hub.publish(onBoard(["news", "other news"], "note", { text: "last" }));
    for (const member of members) {
      while (notes(member).length < 22) await member.next("note");
      expect(new Set(notes(member)).size).to.equal(21);
      expect(notes(member)).to.have.length(22);
    }
    while (notes(stranger).length < 2) await stranger.next("note");
    expect(notes(stranger)).to.eql(["last", "last"]);
    await closeAll([...members, stranger]);
  });

  it("tell how long a broadcast took from one to the other, and of no broadcast that only one of them has", async () => {
    const [first, second] = workers.all;
    const took: number[][] = [[], []];
    for (const [i, worker] of workers.all.entries()) worker.hub.events.on("crossed", ({ ms }) => took[i]!.push(ms));
    const members = await everywhere("timed");
    first!.hub.publish(onBoard("timed", "note", { text: "now" }));
    for (const member of members) await member.next("note");
    expect(took[0]).to.eql([]);
    expect(took[1]).to.have.length(1);
    expect(took[1]![0]).to.be.within(0, 10_000);
    await closeAll(members);
    for (const worker of [first, second]) worker?.hub.events.removeAllListeners("crossed");
  });

  it("reach those in a namespace with parameters too", async () => {
    const targets = { path: "/events/ws/events/123", namespace: "/events/123" };
    const watchers = await Promise.all(
      DOORS.map(async (door) => door.connect(other.url, { ...targets, credential: await other.token("customer") })),
    );
    for (const watcher of watchers) await watcher.next("seat_update");
    const { status } = await one.call("customer", "POST", "/api/events/123/bookings", {});
    expect(status).to.equal(201);
    for (const watcher of watchers) {
      await watcher.next("booking_created");
      expect(await watcher.next("seat_update")).to.include({ eventId: 123 });
    }
    await closeAll(watchers);
  });

  it("hear a room that is left and joined again at once", async () => {
    const member = await boardAt(other);
    for (let i = 0; i < 20; i++) {
      member.send("join", { room: "door" });
      member.send("leave", { room: "door" });
    }
    for (let i = 0; i < 20; i++) await member.next("left");
    member.send("join", { room: "door" });
    for (let i = 0; i < 21; i++) await member.next("joined");
    one.hub.publish(onBoard("door", "note", { text: "in" }));
    expect(await member.next("note")).to.include({ text: "in" });
    await member.close();
  });

  it("refuse the sixth connection of an API key wherever it lands", async () => {
    const target: Target = { path: "/vehicles/ws/vehicles/search", namespace: "/vehicles/search", kind: "apiKey" };
    const vehicles = { ...target, envelope: "data", credential: one.apiKey } as const;
    const five = await Promise.all([0, 1, 0, 1, 0].map((at) => DOORS[at]!.connect(workers.all[at]!.url, vehicles)));
    for (const worker of workers.all) {
      for (const door of DOORS) {
        const { code, reason } = await door.refused(worker.url, vehicles);
        expect({ code, reason }).to.eql({ code: 1008, reason: "Too Many Connections" });
      }
    }
    await five[1]!.close();
    // The place is free once the worker has seen the end.
    for (let client: TestClient | undefined; !client; ) {
      client = await DOORS[1]!.connect(one.url, vehicles).catch(() => undefined);
      if (client) five[1] = client;
    }
    await closeAll(five);
  });

  it("answer get_stats for all workers", async () => {
    const clients = await Promise.all(
      workers.all.map(async (worker) =>
        plainDoor.connect(worker.url, {
          path: "/events/ws",
          namespace: "/events",
          credential: await worker.token("customer"),
        }),
      ),
    );
    for (const client of clients) {
      client.send("subscribe_event", { eventId: 123 });
      await client.next("subscribed");
      client.send("get_stats");
      await client.next("stats");
    }
    for (const client of clients) {
      client.send("get_stats");
      expect((await client.next("stats")).data).to.eql({ totalClients: 2, eventSubscriptions: 2 });
    }
    await closeAll(clients);
  });

  it("close the sockets of a token that is logged out on another worker", async () => {
    const credential = await one.token("customer");
    const clients = await Promise.all(
      DOORS.map((door) => door.connect(other.url, { path: "/board", namespace: "/board", credential })),
    );
    const bystander = await boardAt(other);
    const answer = await fetch(`${one.url}/api/v2/auth/logout`, {
      method: "POST",
      headers: { Authorization: `Bearer ${credential}` },
    });
    expect(answer.status).to.be.oneOf([200, 204]);
    for (const client of clients) expect(await client.ended).to.include({ code: 1008, reason: "Token Revoked" });
    await join(bystander, "still here");
    await bystander.close();
  });

  it("deliver what another program publishes to each member once, and survive what is malformed", async () => {
    const members = await everywhere("inlet");
    const malformed = workers.all.map((worker) => new Promise((resolve) => worker.hub.events.once("ingest", resolve)));
    await workers.redis.command("PUBLISH", "board:note", "{ not JSON, and secret");
    for (const event of malformed) expect(await event).to.eql({ channel: "board:note", outcome: "malformed" });
    await workers.redis.command("PUBLISH", "board:note", JSON.stringify({ room: "inlet", text: 7 }));
    await workers.redis.command("PUBLISH", "board:note", JSON.stringify({ room: "inlet", text: "published" }));
    await workers.redis.command("PUBLISH", "board:note", JSON.stringify({ room: "inlet", text: "end" }));
    for (const member of members) {
      await member.next("note");
      await member.next("note");
      expect(notes(member)).to.eql(["published", "end"]);
    }
    for (const worker of workers.all) {
      expect(worker.lines.filter((line) => line.includes("malformed publication"))).to.have.length(2);
      expect(worker.lines.join("")).to.not.include("and secret");
    }
    await closeAll(members);
  });

  describe("with Redis away", () => {
    for (const [how, take, giveBack] of [
      ["stopped, and back empty", () => workers.redis.stop(), () => workers.redis.start()],
      ["frozen", async () => workers.redis.freeze(), async () => workers.redis.thaw()],
    ] as const) {
      it(`serve their own clients for 10 s, say so, and are one again: ${how}`, async function () {
        this.timeout(30_000);
        const room = `room ${how}`;
        const members = await everywhere(room);
        const before = workers.all.map(({ lines }) => lines.length);
        const taken = performance.now();
        await take();
        // Not known yet to be lost: the worker's own members do not wait for that.
        one.hub.publish(onBoard(room, "note", { text: "own" }));
        for (const member of members.slice(0, 2)) expect(await member.next("note")).to.include({ text: "own" });
        await workers.becomes("lost");

        const { status, body } = await one.call(undefined, "GET", "/readyz");
        expect(status).to.equal(200);
        expect(body.reasons).to.eql([
          "redis: Lost; from other workers only messages of class log arrive, by way of the database",
        ]);
        const newcomer = await join(await boardAt(one), room);
        one.hub.publish(onBoard(room, "note", { text: "alone" }));
        expect(await newcomer.next("note")).to.include({ text: "alone" });

        // Meanwhile its own clients are served as ever.
        const own = [...members.slice(0, 2), newcomer];
        let last = "alone";
        for (let i = 0; performance.now() - taken < AWAY_MS; i++) {
          last = `meanwhile ${i}`;
          one.hub.publish(onBoard(room, "note", { text: last }));
          for (const member of own) while (notes(member).at(-1) !== last) await member.next("note");
          await new Promise((resolve) => setTimeout(resolve, 250));
        }

        await giveBack();
        await workers.becomes("live");
        expect((await one.call(undefined, "GET", "/readyz")).body.reasons).to.eql([]);
        one.hub.publish(onBoard(room, "note", { text: "one again" }));
        other.hub.publish(onBoard(room, "note", { text: "end" }));
        for (const member of [...members, newcomer]) {
          while (!(notes(member).includes("end") && notes(member).includes("one again"))) await member.next("note");
        }
        const ofThen = notes(newcomer).filter((text) => !String(text).startsWith("meanwhile"));
        expect(ofThen.toSorted()).to.eql(["alone", "end", "one again"]);
        // Those of the other worker have missed nothing either, and all have seen the same in the same order.
        for (const member of members) expect(notes(member)).to.eql(notes(members[0]!));
        for (const member of members) expect(new Set(notes(member)).size).to.equal(notes(member).length);
        for (const [i, { lines }] of workers.all.entries()) {
          const told = lines.slice(before[i]).filter((line) => line.includes("Redis is"));
          expect(told).to.have.length(2);
          expect(told.join("")).to.not.include(workers.redis.password);
        }
        await closeAll([...members, newcomer]);
      });
    }

    for (const how of ["stopped", "frozen"] as const) {
      it(`leave every member with the newest value, and show none twice: ${how}`, async function () {
        this.timeout(30_000);
        const room = `values ${how}`;
        const members = await everywhere(room);
        let next = 0;
        const publish = (worker: TestHub, name: string): number => {
          worker.hub.broadcast(onBoard(room, "value", { name, value: ++next }));
          return next;
        };
        const seen = (member: TestClient, name: string): unknown[] =>
          member.log
            .filter(([type, payload]) => type === "value" && payload.name === name)
            .map(([, { value }]) => value);

        publish(one, "a");
        for (const member of members) await member.next("value");
        if (how === "stopped") await workers.redis.stop();
        else workers.redis.freeze();
        const unnoticed = publish(other, "unnoticed");
        await workers.becomes("lost");
        publish(other, "a");
        publish(one, "b");
        // Each in a later millisecond, as changes of one document are: the newest is then the same for all.
        await new Promise((resolve) => setTimeout(resolve, 5));
        const a = publish(one, "a");
        await new Promise((resolve) => setTimeout(resolve, 5));
        const b = publish(other, "b");
        if (how === "stopped") await workers.redis.start();
        else workers.redis.thaw();
        await workers.becomes("live");
        const end = publish(one, "end");
        publish(other, "end of the other");

        for (const member of members) {
          const isDone = (): boolean =>
            seen(member, "a").at(-1) === a &&
            seen(member, "b").at(-1) === b &&
            seen(member, "unnoticed").at(-1) === unnoticed &&
            seen(member, "end of the other").length > 0 &&
            seen(member, "end").at(-1) === end;
          while (!isDone()) await member.next("value");
        }
        // Whatever was still on its way has arrived when this has.
        for (const worker of workers.all) worker.hub.publish(onBoard(room, "note", { text: "done" }));
        for (const member of members) {
          while (notes(member).length < 2) await member.next("note");
          for (const name of ["a", "b", "unnoticed", "end"]) {
            const values = seen(member, name);
            expect(values, `${name} goes forward, each value once`).to.eql(
              [...new Set(values as number[])].toSorted((x, y) => x - y),
            );
          }
        }
        await closeAll(members);
      });
    }

    it("close the sockets of a token that was logged out meanwhile, when Redis is back", async () => {
      const credential = await one.token("customer");
      const client = await plainDoor.connect(other.url, { path: "/board", namespace: "/board", credential });
      await workers.redis.stop();
      await workers.becomes("lost");
      await fetch(`${one.url}/api/v2/auth/logout`, {
        method: "POST",
        headers: { Authorization: `Bearer ${credential}` },
      });
      await workers.redis.start();
      expect(await client.ended).to.include({ code: 1008, reason: "Token Revoked" });
      await workers.becomes("live");
    });
  });
});
