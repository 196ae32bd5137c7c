import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import { z } from "zod";
import { Refusal } from "../../src/hub/disconnects.ts";
import { HubError } from "../../src/hub/errors.ts";
import { aChannel, aHub, deferred } from "./recording-wire.ts";

describe("dispatch", () => {
  describe("keeps the order of one client's messages", () => {
    it("whether their handlers wait or not", async () => {
      const { hub, enter, ask } = aHub();
      const gates = [deferred(), deferred()];
      const log: string[] = [];
      const channel = aChannel({
        on: {
          slow: async (_client, { n }) => {
            await gates[n as number]?.promise;
            log.push(`slow ${n}`);
          },
          quick: (_client, { n }) => void log.push(`quick ${n}`),
        },
      });
      const { connection } = await enter(channel);
      hub.receive(connection, { type: "quick", payload: { n: 0 } });
      expect(log).to.eql(["quick 0"]);
      hub.receive(connection, { type: "slow", payload: { n: 0 } });
      hub.receive(connection, { type: "quick", payload: { n: 1 } });
      hub.receive(connection, { type: "slow", payload: { n: 1 } });
      const last = ask(connection, "quick", { n: 2 });
      gates[1]?.resolve();
      await nextTurn();
      expect(log).to.eql(["quick 0"]);
      gates[0]?.resolve();
      await last;
      expect(log).to.eql(["quick 0", "slow 0", "quick 1", "slow 1", "quick 2"]);
    });

    it("after its channel's open, however long that takes", async () => {
      const { enter, ask } = aHub();
      const gate = deferred();
      const log: string[] = [];
      const channel = aChannel({
        open: async () => {
          await gate.promise;
          log.push("open");
        },
        on: { say: () => void log.push("say") },
      });
      const { connection } = await enter(channel);
      const said = ask(connection, "say");
      gate.resolve();
      await said;
      expect(log).to.eql(["open", "say"]);
    });

    it("without letting a client wait for another's handler", async () => {
      const { hub, enter, ask } = aHub();
      const gate = deferred();
      const channel = aChannel({ on: { hang: () => gate.promise, say: () => ({ said: true }) } });
      const [first, second] = [await enter(channel), await enter(channel)];
      hub.receive(first.connection, { type: "hang", payload: {} });
      expect(await ask(second.connection, "say")).to.eql({ ok: true, said: true });
      gate.resolve();
    });
  });

  describe("stops reading from a client that sends faster than it is served", () => {
    it("when 256 messages wait, and reads on when they are done", async () => {
      const { hub, enter, ask } = aHub();
      const gate = deferred();
      const channel = aChannel({ on: { hang: () => gate.promise, say: () => undefined } });
      const { connection, wire } = await enter(channel);
      hub.receive(connection, { type: "hang", payload: {} });
      for (let i = 0; i < 255; i++) hub.receive(connection, { type: "say", payload: {} });
      expect(wire.reading).to.eql([]);
      // What was read already still comes; the door is told once.
      for (let i = 0; i < 100; i++) hub.receive(connection, { type: "say", payload: {} });
      expect(wire.reading).to.eql(["pause"]);
      const last = ask(connection, "say");
      gate.resolve();
      await last;
      await nextTurn();
      expect(wire.reading).to.eql(["pause", "resume"]);
    });

    it("again and again", async () => {
      const { hub, enter } = aHub();
      const gates = [deferred(), deferred(), deferred()];
      const channel = aChannel({ on: { hang: (_client, { n }) => gates[n as number]?.promise, say: () => undefined } });
      const { connection, wire } = await enter(channel);
      for (const [n, gate] of gates.entries()) {
        hub.receive(connection, { type: "hang", payload: { n } });
        for (let i = 0; i < 300; i++) hub.receive(connection, { type: "say", payload: {} });
        gate.resolve();
        await nextTurn();
      }
      expect(wire.reading).to.eql(["pause", "resume", "pause", "resume", "pause", "resume"]);
    });

    it("and not when each is done at once", async () => {
      const { hub, enter } = aHub();
      const { connection, wire } = await enter(aChannel({ on: { say: () => undefined } }));
      for (let i = 0; i < 10_000; i++) hub.receive(connection, { type: "say", payload: {} });
      expect(wire.reading).to.eql([]);
    });
  });

  describe("answers", () => {
    const channel = aChannel({
      inbound: { add: z.object({ a: z.number(), deep: z.object({ b: z.string() }).optional() }) },
      on: {
        add: (client, { a }) => {
          if (a === 404) throw new HubError("not_found", "No such thing", "room:1");
          if (a === 403) throw new Refusal("rate_limited");
          if (a === 500) throw new Error("the password is hunter2");
          if (a === 501) return Promise.reject(new TypeError("the password is hunter2"));
          return { a, of: client.id };
        },
      },
    });

    it("with an acknowledgement that carries what the handler gave back", async () => {
      const { enter, ask } = aHub();
      const { connection } = await enter(channel);
      expect(await ask(connection, "add", { a: 1, more: 2 })).to.eql({ ok: true, a: 1, of: connection.id });
    });

    for (const [what, type, payload, code, message] of [
      ["an unknown type", "subtract", {}, "unknown_type", "Unknown message type"],
      ["a type that every object has", "toString", {}, "unknown_type", "Unknown message type"],
      ["a type that is a prototype", "__proto__", {}, "unknown_type", "Unknown message type"],
      ["a refresh where there is no token", "refresh", { token: "x" }, "unknown_type", "Unknown message type"],
      ["a missing field", "add", {}, "invalid_field", /^Invalid a: /],
      ["a field of the wrong type", "add", { a: "1" }, "invalid_field", /^Invalid a: /],
      ["a wrong field further down", "add", { a: 1, deep: { b: 2 } }, "invalid_field", /^Invalid deep\.b: /],
      ["a payload that is no object", "add", [1], "invalid_field", "Invalid message format"],
      ["what the handler refuses", "add", { a: 404 }, "not_found", "No such thing"],
      ["a fault of ours", "add", { a: 500 }, "internal", "Internal error"],
      ["a fault of ours that comes later", "add", { a: 501 }, "internal", "Internal error"],
    ] as const) {
      it(`${what} with the error message, the same in the acknowledgement, and stays`, async () => {
        const { enter, ask, faults } = aHub();
        const { connection, wire } = await enter(channel);
        const answer = await ask(connection, type, payload);
        expect(answer.ok).to.equal(false);
        const told = answer.error as { code: string; message: string };
        expect(told.code).to.equal(code);
        if (typeof message === "string") expect(told.message).to.equal(message);
        else expect(told.message).to.match(message);
        expect(wire.errors).to.eql([told.message]);
        expect(wire.ended).to.equal(undefined);
        expect(faults).to.have.lengthOf(code === "internal" ? 1 : 0);
        expect(await ask(connection, "add", { a: 1 })).to.include({ ok: true });
      });
    }

    it("naming the room that an error is about", async () => {
      const { enter, ask } = aHub();
      const { connection, wire } = await enter(channel);
      await ask(connection, "add", { a: 404 });
      expect(wire.sent).to.eql([["error", { message: "No such thing", room: "room:1" }]]);
    });

    it("a refusal with the error message, then the end; what comes after is not handled", async () => {
      const { hub, enter, ask } = aHub();
      const { connection, wire } = await enter(channel);
      const answer = await ask(connection, "add", { a: 403 });
      expect(answer).to.eql({ ok: false, error: { code: "rate_limited", message: "Rate Limit Exceeded" } });
      expect(wire.ended).to.eql({ code: 1008, reason: "Rate Limit Exceeded" });
      let answered = false;
      hub.receive(connection, { type: "add", payload: { a: 1 }, acknowledge: () => (answered = true) });
      await nextTurn();
      expect(answered).to.equal(false);
      expect(wire.errors).to.eql(["Rate Limit Exceeded"]);
    });

    it("what a door could not take apart", async () => {
      const { hub, enter } = aHub();
      const { connection, wire } = await enter(channel);
      hub.receive(connection, { error: new HubError("invalid_json") });
      expect(wire.errors).to.eql(["Invalid JSON"]);
      expect(wire.ended).to.equal(undefined);
    });
  });

  describe("ends a connection whose open fails", () => {
    for (const [what, thrown, code, reason] of [
      ["with 1011 for a fault of ours", new Error("hunter2"), 1011, "Internal Error"],
      ["with 1013 for what cannot be had now", new HubError("unavailable"), 1013, "Overloaded"],
      ["as the refusal says", new Refusal("not_found"), 1008, "Not Found"],
    ] as const) {
      for (const when of ["at once", "later"]) {
        it(`${what}, ${when}`, async () => {
          const { enter } = aHub();
          const open = (): Promise<void> => {
            if (when === "at once") throw thrown;
            return Promise.reject(thrown);
          };
          const { wire } = await enter(aChannel({ open }));
          await nextTurn();
          expect(wire.ended).to.eql({ code, reason });
          expect(wire.errors.join()).not.to.contain("hunter2");
        });
      }
    }
  });

  describe("limits the messages of a type", () => {
    const channel = aChannel({
      limits: { messages: { search: { max: 3, windowMs: 60_000 } } },
      on: { search: () => undefined, other: () => undefined },
    });

    it("per connection: one more is an error and the end", async () => {
      const { enter, ask } = aHub();
      const [first, second] = [await enter(channel), await enter(channel)];
      for (let i = 0; i < 3; i++) expect((await ask(first.connection, "search")).ok).to.equal(true);
      for (let i = 0; i < 9; i++) await ask(first.connection, "other");
      expect((await ask(first.connection, "search")).ok).to.equal(false);
      expect(first.wire.ended).to.eql({ code: 1008, reason: "Rate Limit Exceeded" });
      expect((await ask(second.connection, "search")).ok).to.equal(true);
    });

    it("in a window that slides", async () => {
      const { enter, ask, clock } = aHub();
      const { connection } = await enter(channel);
      for (let i = 0; i < 20; i++) {
        expect((await ask(connection, "search")).ok).to.equal(true);
        clock.advance(20_000);
      }
    });
  });

  it("tells those who watch what was received, rejected and refused", async () => {
    const { hub, enter, ask } = aHub();
    const seen: unknown[] = [];
    for (const name of ["received", "rejected", "refused"] as const)
      hub.events.on(name, (event: object) => seen.push([name, event]));
    const channel = aChannel({
      on: {
        go: () => {
          throw new Refusal("overloaded");
        },
      },
    });
    const { connection } = await enter(channel);
    await ask(connection, "nonsense");
    await ask(connection, "go");
    expect(seen).to.eql([
      ["rejected", { app: "things", type: undefined, code: "unknown_type" }],
      ["received", { app: "things", type: "go" }],
      ["rejected", { app: "things", type: "go", code: "unavailable" }],
      ["refused", { namespace: "/things", app: "things", disconnect: "overloaded" }],
    ]);
  });
});
