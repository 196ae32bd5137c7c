import { expect } from "chai";
import { z } from "zod";
import { publishRoute } from "../../src/http/publish-route.ts";
import { once } from "../../src/hub/commands.ts";
import { Refusal } from "../../src/hub/disconnects.ts";
import { HubError } from "../../src/hub/errors.ts";
import { HubEvents } from "../../src/hub/events.ts";
import { Hub } from "../../src/hub/hub.ts";
import { localLimits } from "../../src/hub/limits.ts";
import { publisher } from "../../src/hub/message.ts";
import { log } from "../../src/hub/outbound.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { aChannel, aHub, anIdentity, deferred, error, ForgetfulCommands, RecordingWire } from "./recording-wire.ts";

const refusalOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "let in",
    (thrown: unknown) => (thrown instanceof Refusal ? [thrown.disconnect, thrown.message] : thrown),
  );

describe("the hub", () => {
  describe("admits", () => {
    it("whoever comes where nothing is asked for", async () => {
      const { hub } = aHub();
      const { identity } = await hub.admit(aChannel(), undefined, {});
      expect(identity.userId).to.equal("anonymous");
    });

    it("by credential, and says why not", async () => {
      const { hub } = aHub();
      const channel = aChannel({ credential: "jwt" });
      expect((await hub.admit(channel, "ann", {})).identity.userId).to.equal("ann");
      expect(await refusalOf(hub.admit(channel, undefined, {}))).to.eql([
        "authentication_required",
        "Authentication Required",
      ]);
      expect(await refusalOf(hub.admit(channel, "bad", {}))).to.eql(["invalid_token", "Invalid Token"]);
    });

    it("by the channel's own word", async () => {
      const { hub } = aHub();
      const channel = aChannel({
        admit: (_identity, { id }) => {
          if (id === "0") throw new Refusal("not_found", "No such thing");
        },
      });
      expect((await hub.admit(channel, undefined, { id: "1" })).params).to.eql({ id: "1" });
      expect(await refusalOf(hub.admit(channel, undefined, { id: "0" }))).to.eql(["not_found", "No such thing"]);
      const lookingUp = aChannel({
        admit: () => {
          throw new HubError("not_found", "No such thing");
        },
      });
      expect(await refusalOf(hub.admit(lookingUp, undefined, {}))).to.eql(["not_found", "No such thing"]);
    });

    it("nobody on a guess: what cannot be asked now is 1013, a fault of ours is 1011 and says nothing", async () => {
      const unavailable = aHub(async () => {
        throw new HubError("unavailable");
      });
      const channel = aChannel({ credential: "jwt" });
      expect(await refusalOf(unavailable.hub.admit(channel, "ann", {}))).to.eql(["overloaded", "Overloaded"]);
      expect(unavailable.faults).to.eql([]);
      const broken = aHub(async () => {
        throw new Error("hunter2");
      });
      expect(await refusalOf(broken.hub.admit(channel, "ann", {}))).to.eql(["internal", "Internal Error"]);
      expect(broken.faults).to.have.lengthOf(1);
    });
  });

  describe("keeps to the connections that a credential may have", () => {
    const channel = aChannel({ credential: "jwt", limits: { connectionsPerCredential: 2 } });

    it("giving each place back when its connection has ended, once", async () => {
      const { hub, enter } = aHub();
      const [first] = [await enter(channel, "ann"), await enter(channel, "ann")];
      expect(await refusalOf(hub.admit(channel, "ann", {}))).to.eql(["too_many_connections", "Too Many Connections"]);
      await enter(channel, "bob");
      hub.closed(first.connection);
      hub.closed(first.connection);
      await enter(channel, "ann");
      expect(await refusalOf(hub.admit(channel, "ann", {}))).to.include("too_many_connections");
    });

    it("giving it back when the client does not stay", async () => {
      const { hub } = aHub();
      for (let i = 0; i < 9; i++) (await hub.admit(channel, "ann", {})).release();
    });

    it("giving it back when the channel does not want the client", async () => {
      const { hub } = aHub();
      const picky = aChannel({
        ...{ credential: "jwt", limits: { connectionsPerCredential: 2 } },
        admit: async () => {
          throw new Refusal("not_found");
        },
      });
      for (let i = 0; i < 9; i++) expect(await refusalOf(hub.admit(picky, "ann", {}))).to.include("not_found");
    });
  });

  it("knows its connections while they last, and tells those who watch", async () => {
    const { hub, enter } = aHub();
    const seen: unknown[] = [];
    hub.events.on("connected", ({ connectionId, userId, transport }) => seen.push([connectionId, userId, transport]));
    hub.events.on("disconnected", ({ connectionId }) => seen.push([connectionId]));
    const { connection } = await enter(aChannel());
    expect([...hub.connections]).to.eql([connection]);
    hub.closed(connection);
    hub.closed(connection);
    expect(hub.connections.size).to.equal(0);
    expect(seen).to.eql([["c1", "anonymous", "plain"], ["c1"]]);
  });

  it("ends the connections of a revoked credential, also one that was let in but is not here yet", async () => {
    const { hub, clock, enter } = aHub();
    const channel = aChannel({ credential: "jwt" });
    const [mine, theirs] = [await enter(channel, "ann"), await enter(channel, "bob")];
    const onItsWay = await hub.admit(channel, "ann", {});
    hub.revoke("ann-1");
    expect(mine.wire.ended).to.eql({ code: 1008, reason: "Token Revoked" });
    expect(theirs.wire.ended).to.equal(undefined);
    const late = new RecordingWire("late");
    hub.open(channel, onItsWay, late);
    expect(late.ended).to.eql({ code: 1008, reason: "Token Revoked" });
    clock.advance(3_600_000);
    expect(clock.pending).to.equal(0);
  });

  it("does not renew a connection by a token that is revoked at that moment", async () => {
    const gate = deferred();
    const { hub, enter, ask } = aHub(async (_kind, name) => {
      if (name === "second") await gate.promise;
      return anIdentity("ann", { credentialId: String(name) });
    });
    const { connection, wire } = await enter(aChannel({ credential: "jwt" }), "first");
    const asked = ask(connection, "refresh", { token: "second" });
    hub.revoke("second");
    gate.resolve();
    expect((await asked).ok).to.equal(false);
    expect(connection.identity.credentialId).to.equal("first");
    expect(wire.ended).to.equal(undefined);
  });

  it("takes a user out of a room and says so, on that namespace and to that user alone", async () => {
    const { hub, enter } = aHub();
    const [channel, other] = [aChannel({ credential: "jwt" }), aChannel({ credential: "jwt", namespace: "/others" })];
    const clients = [
      await enter(channel, "ann"),
      await enter(channel, "ann"),
      await enter(channel, "bob"),
      await enter(other, "ann"),
    ];
    for (const { connection } of clients) await connection.join("room:1");
    await clients[1]?.connection.leave("room:1");
    hub.evict("/things", "room:1", "ann", "No longer yours");
    expect(clients.map(({ wire }) => wire.rooms.has("room:1"))).to.eql([false, false, true, true]);
    expect(clients.map(({ wire }) => wire.sent.length)).to.eql([1, 0, 0, 0]);
    expect(clients[0]?.wire.sent).to.eql([["error", { message: "No longer yours", room: "room:1" }]]);
  });

  it("publishes by the delivery that is attached, and says so if none is", async () => {
    const { message } = publisher("/things", { error });
    const { hub, published } = aHub();
    hub.publish(message(["a", "b"], "error", { message: "x" }));
    expect(published.map(({ message: { rooms } }) => rooms)).to.eql([["a", "b"]]);
    const clock = new ManualClock();
    const lonely = new Hub({
      clock,
      limits: localLimits(clock),
      authenticator: { authenticate: async () => anIdentity("x") },
      commands: new ForgetfulCommands(),
      events: new HubEvents(),
    });
    expect(() => lonely.publish(message("a", "error", { message: "x" }))).to.throw("hub.attach()");
  });
});

describe("POST /api/publish", () => {
  const outbound = { error, news: log(z.object({ n: z.number() })) };
  const channels = [
    aChannel({ outbound }),
    aChannel({ outbound, namespace: "/things/{id}", rootNamespace: "/things", path: "/ws/{id}" }),
    aChannel({ outbound, app: "others", namespace: "/others" }),
  ];

  async function publish(body: { app: string; room: string; type: string; data: Record<string, unknown> }) {
    const { hub, published } = aHub();
    const route = publishRoute(hub, channels);
    const request = { identity: anIdentity("root"), params: {}, query: {}, address: "::1", command: once };
    const outcome: unknown = await Promise.resolve(route.handle({ ...request, body })).catch((thrown) => thrown);
    return {
      outcome,
      ids: published.map(({ message: { id } }) => id),
      published: published.map(({ message: { namespace, rooms, payload } }) => ({ namespace, rooms, payload })),
    };
  }

  it("sends a declared message once to the rooms of the app, without what is not declared", async () => {
    const body = { app: "things", room: "a", type: "news", data: { n: 1, secret: "x" } };
    const { outcome, published, ids } = await publish(body);
    expect(outcome).to.eql({ published: true });
    expect(z.uuid().safeParse(ids[0]).success).to.equal(true);
    expect(published).to.eql([{ namespace: "/things", rooms: ["a"], payload: { n: 1 } }]);
  });

  for (const [what, wrong, says] of [
    ["an app that is not there", { app: "nothing" }, "The app nothing declares no message news"],
    ["a message that is not declared", { type: "gossip" }, "The app things declares no message gossip"],
    ["what every object has", { type: "toString" }, "declares no message toString"],
    ["data that breaks the schema", { data: { n: "1" } }, "n"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const body = { app: "things", room: "a", type: "news", data: { n: 1 }, ...wrong };
      const { outcome, published } = await publish(body);
      expect(outcome).to.be.instanceOf(HubError).with.property("code", "invalid_field");
      expect((outcome as HubError).message).to.contain(says);
      expect(published).to.eql([]);
    });
  }
});
