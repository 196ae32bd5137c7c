import { expect } from "chai";
import { z } from "zod";
import { systemClock } from "../../src/hub/clock.ts";
import { Connection } from "../../src/hub/connection.ts";
import { HubEvents } from "../../src/hub/events.ts";
import { reply, volatile } from "../../src/hub/outbound.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { aChannel, anIdentity, error, RecordingDelivery, RecordingWire } from "./recording-wire.ts";

const outbound = { error, news: reply(z.object({ n: z.number() })), typing: volatile(z.object({ who: z.string() })) };

function connect(parts: { expiresAt?: number; idleMs?: number } = {}) {
  const clock = new ManualClock();
  const wire = new RecordingWire("c1");
  const delivery = new RecordingDelivery();
  const limits = parts.idleMs === undefined ? {} : { idleMs: parts.idleMs };
  const expiresAt = parts.expiresAt === undefined ? undefined : clock.now() + parts.expiresAt;
  const identity = anIdentity("ann", { expiresAt });
  const channel = aChannel({ outbound, limits });
  const facts = { channel, params: {}, identity, since: undefined };
  const connection = new Connection(facts, wire, { clock, delivery, events: new HubEvents() });
  return { clock, wire, connection, delivery };
}

describe("a connection", () => {
  it("sends what its channel declares, and of that only the declared fields", () => {
    const { connection, wire } = connect();
    connection.send("news", { n: 1, secret: "x" } as never);
    expect(wire.sent).to.eql([["news", { n: 1 }]]);
  });

  it("sends nothing that breaks its own schema, and nothing undeclared", () => {
    const { connection, wire } = connect();
    expect(() => connection.send("news", { n: "1" } as never)).to.throw(z.ZodError);
    expect(() => connection.send("gossip" as never, {} as never)).to.throw("declares no outbound type gossip");
    expect(() => connection.broadcastFrom("r", "gossip" as never, {} as never)).to.throw(
      "declares no outbound type gossip",
    );
    expect(wire.sent).to.eql([]);
  });

  it("sends to the others of a room by delivery, itself excepted", () => {
    const { connection, delivery } = connect();
    connection.broadcastFrom("room:1", "typing" as never, { who: "ann", token: "x" } as never);
    const message = { namespace: "/things", rooms: ["room:1"], type: "typing", payload: { who: "ann" } };
    expect(delivery.published).to.eql([
      { message: { ...message, delivery: "volatile", key: undefined }, except: "c1" },
    ]);
  });

  it("says nothing more once it is ended, and is ended once", () => {
    const { connection, wire } = connect();
    connection.end("draining");
    connection.end("idle");
    connection.send("news" as never, { n: 1 } as never);
    expect(wire.sent).to.eql([]);
    expect(wire.ended).to.eql({ code: 1001, reason: "Draining" });
    expect(connection.isOpen).to.equal(false);
  });

  it("cleans up once when it has ended, and at once what comes too late", () => {
    const { connection } = connect();
    let cleaned = 0;
    connection.onClose(() => cleaned++);
    connection.end("idle");
    expect(cleaned).to.equal(0);
    connection.closed();
    connection.closed();
    expect(cleaned).to.equal(1);
    connection.onClose(() => cleaned++);
    expect(cleaned).to.equal(2);
  });

  it("ends when its credential does, and leaves no timer behind", () => {
    const { connection, clock, wire } = connect({ expiresAt: 5_000 });
    clock.advance(4_999);
    expect(connection.isOpen).to.equal(true);
    clock.advance(1);
    expect(wire.ended).to.eql({ code: 1008, reason: "Token Expired" });
    connection.closed();
    expect(clock.pending).to.equal(0);
  });

  it("ends when its newest credential does", () => {
    const { connection, clock, wire } = connect({ expiresAt: 5_000 });
    connection.renew(anIdentity("ann", { credentialId: "ann-2", expiresAt: clock.now() + 9_000 }));
    expect(connection.identity.credentialId).to.equal("ann-2");
    clock.advance(8_999);
    expect(wire.ended).to.equal(undefined);
    clock.advance(1);
    expect(wire.ended).to.include({ code: 1008 });
  });

  it("ends after the time that it may be idle, counted from the last message", () => {
    const { connection, clock, wire } = connect({ idleMs: 1_000 });
    for (let i = 0; i < 5; i++) {
      clock.advance(999);
      connection.touch();
    }
    expect(clock.pending).to.equal(1);
    clock.advance(999);
    expect(wire.ended).to.equal(undefined);
    clock.advance(1);
    expect(wire.ended).to.eql({ code: 1000, reason: "Idle" });
  });

  it("leaves no timer behind when the client goes", () => {
    const { connection, clock } = connect({ idleMs: 1_000, expiresAt: 5_000 });
    clock.advance(1_500 - 501);
    connection.touch();
    clock.advance(1);
    connection.closed();
    expect(clock.pending).to.equal(0);
  });
});

describe("the clock of the machine", () => {
  it("waits for what lies beyond its longest timer instead of firing at once", (done) => {
    const wire = new RecordingWire("c1");
    const inAYear = anIdentity("ann", { expiresAt: systemClock.now() + 365 * 86_400_000 });
    const facts = { channel: aChannel(), params: {}, identity: inAYear, since: undefined };
    const connection = new Connection(facts, wire, {
      clock: systemClock,
      delivery: new RecordingDelivery(),
      events: new HubEvents(),
    });
    setTimeout(() => {
      connection.closed();
      done(wire.ended === undefined ? undefined : new Error("ended at once"));
    }, 5);
  });
});
