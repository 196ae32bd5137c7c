import { expect } from "chai";
import { z } from "zod";
import { commandKey, IDEMPOTENCY_MS, once, outcomeOf, resultOf } from "../../src/hub/commands.ts";
import { HubError } from "../../src/hub/errors.ts";
import { latest, log, reply, volatile } from "../../src/hub/outbound.ts";
import { aChannel, aHub, error } from "./recording-wire.ts";

describe("a message with an id", () => {
  const value = z.object({ id: z.number() });
  const outbound = { error, said: reply(value), felt: volatile(value), news: log(value), worth: latest(value, "id") };

  /** A channel whose `say` answers in every class, and whose `move` joins a room besides. */
  function talking(credential: "jwt" | "none") {
    let id = 0;
    const say = (client: { send(type: string, payload: { id: number }): void }) => {
      id += 1;
      for (const type of ["said", "felt", "news", "worth"]) client.send(type, { id });
      return { id };
    };
    return aChannel({
      credential,
      outbound,
      inbound: { say: z.looseObject({}), move: z.looseObject({}), refuse: z.looseObject({}) },
      on: {
        say: (client) => say(client as never),
        async move(client) {
          await client.join("room");
          return say(client as never);
        },
        refuse: () => {
          id += 1;
          throw new HubError("conflict", `No ${id}`);
        },
      },
    });
  }

  for (const [what, credential, type] of [
    ["nobody knows its client", "none", "say"],
    ["it has changed its client's rooms", "jwt", "move"],
  ] as const) {
    describe(`where ${what}, is remembered by its connection`, () => {
      it("which is answered again, but is not sent again what belongs to rooms", async () => {
        const { enter, ask } = aHub();
        const { connection, wire } = await enter(talking(credential), "ann");
        for (let i = 0; i < 2; i++) expect(await ask(connection, type, {}, "a")).to.eql({ ok: true, id: 1 });
        expect(wire.sent.map(([sent]) => sent)).to.eql(["said", "felt", "news", "worth", "said", "felt"]);
        expect(await ask(connection, type, {}, "b")).to.eql({ ok: true, id: 2 });
      });

      it("and not by another", async () => {
        const { enter, ask } = aHub();
        const channel = talking(credential);
        for (const id of [1, 2]) {
          const { connection, wire } = await enter(channel, "ann");
          expect(await ask(connection, type, {}, "a")).to.eql({ ok: true, id });
          if (type === "move") expect(wire.rooms.has("room")).to.equal(true);
        }
      });

      it("until ten minutes have passed", async () => {
        const { enter, ask, clock } = aHub();
        const { connection } = await enter(talking(credential), "ann");
        for (const id of [1, 1, 2]) {
          expect(await ask(connection, type, {}, "a")).to.eql({ ok: true, id });
          clock.advance(IDEMPOTENCY_MS / 2);
        }
      });

      it("or until 256 others have come", async () => {
        const { enter, ask } = aHub();
        const { connection } = await enter(talking(credential), "ann");
        for (let i = 1; i <= 257; i++) await ask(connection, type, {}, `id-${i}`);
        expect(await ask(connection, type, {}, "id-2")).to.eql({ ok: true, id: 2 });
        expect(await ask(connection, type, {}, "id-1")).to.eql({ ok: true, id: 258 });
      });

      it("and is refused with another payload or type", async () => {
        const { enter, ask } = aHub();
        const { connection } = await enter(talking(credential), "ann");
        await ask(connection, type, {}, "a");
        for (const [other, payload] of [
          [type, { more: 1 }],
          ["refuse", {}],
        ] as const) {
          const answer = await ask(connection, other, payload, "a");
          expect(answer).to.have.nested.property("error.code", "command_differs");
        }
      });
    });
  }

  it("is refused again with the same words where it was refused", async () => {
    const { enter, ask } = aHub();
    const { connection, wire } = await enter(talking("none"));
    for (let i = 0; i < 2; i++) {
      const answer = await ask(connection, "refuse", {}, "a");
      expect(answer).to.eql({ ok: false, error: { code: "conflict", message: "No 1" } });
    }
    expect(wire.errors).to.eql(["No 1", "No 1"]);
  });

  it("is asked of the keeper by who sent it, and where to", async () => {
    const { enter, ask, commands } = aHub();
    const channel = talking("jwt");
    for (const user of ["ann", "ben"]) await ask((await enter(channel, user)).connection, "say", {}, "a");
    expect(commands.asked.map(({ scope, key }) => [...scope, key])).to.eql([
      ["jwt", "ann", "/things", "a"],
      ["jwt", "ben", "/things", "a"],
    ]);
  });

  it("is asked of nobody without an id, with one that is none, or of an unknown type", async () => {
    const { enter, ask, commands } = aHub();
    const { connection } = await enter(talking("jwt"), "ann");
    for (const id of [undefined, "", 7, "x".repeat(201)]) await ask(connection, "say", {}, id);
    await ask(connection, "nonsense", {}, "a");
    expect(commands.asked).to.eql([]);
  });

  it("gives its handler a command; without an id there is one that does not come again", async () => {
    const { enter, ask } = aHub();
    const steps: unknown[] = [];
    const channel = aChannel({ on: { say: (_client, _payload, command) => void steps.push(command) } });
    const { connection } = await enter(channel);
    await ask(connection, "say");
    expect(steps).to.eql([once]);
  });
});

describe("the outcome of a command", () => {
  const settle = async (action: () => unknown): Promise<unknown> => {
    const outcome = JSON.parse(JSON.stringify(await outcomeOf(action)));
    return resultOf(outcome);
  };

  it("survives JSON, be it a result, nothing or a refusal", async () => {
    expect(await settle(() => ({ a: 1 }))).to.eql({ a: 1 });
    expect(await settle(() => undefined)).to.equal(undefined);
    const refusal = await settle(() => {
      throw new HubError("conflict", "Sold out", "event:1");
    }).catch((thrown: unknown) => thrown);
    expect(refusal).to.be.instanceOf(HubError);
    expect(refusal).to.include({ code: "conflict", message: "Sold out", room: "event:1" });
  });

  for (const thrown of [
    new HubError("unavailable"),
    new HubError("internal"),
    new HubError("rate_limited"),
    new HubError("unauthenticated"),
    new Error("a fault"),
  ]) {
    it(`is none where the last word is not spoken: ${thrown.message}`, async () => {
      const rejected = await outcomeOf(() => Promise.reject(thrown)).catch((error: unknown) => error);
      expect(rejected).to.equal(thrown);
    });
  }
});

describe("the name of a command", () => {
  it("is 1 to 200 printable ASCII characters", () => {
    for (const name of ["a", " ", "~", "x".repeat(200)]) expect(commandKey(name, "id")).to.equal(name);
    for (const name of ["", "x".repeat(201), "\n", "\u007f", "\u00fc", 1, null, {}]) {
      expect(() => commandKey(name, "Idempotency-Key")).to.throw(HubError, /^Invalid Idempotency-Key: 1 to 200/);
    }
  });
});
