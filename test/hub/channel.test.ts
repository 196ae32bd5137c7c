import { expect } from "chai";
import { z } from "zod";
import { defineChannel } from "../../src/hub/channel.ts";
import { latest, log, reply, volatile } from "../../src/hub/outbound.ts";
import { aChannel } from "./recording-wire.ts";

describe("defineChannel", () => {
  const complaint = (parts: Parameters<typeof aChannel>[0]): string => {
    try {
      aChannel(parts);
    } catch (thrown) {
      return (thrown as Error).message;
    }
    return "none";
  };

  for (const [what, parts, says] of [
    ["a namespace without a slash", { namespace: "things" }, "channel things: namespace must look like /name"],
    ["a namespace that ends with a slash", { namespace: "/things/" }, "channel /things/: namespace must look like"],
    ["a namespace with characters that no URL has", { namespace: "/thîngs" }, "namespace must look like"],
    ["a path with a slash at its end", { path: "/ws/" }, "channel /things: path /ws/ must look like /ws"],
    ["an empty path", { path: "" }, "without a slash at its end"],
    ["half a parameter", { path: "/ws/a{id}" }, "path /ws/a{id} must look like"],
    ["parameters at the begin of the namespace and no root", { namespace: "/{id}" }, "needs `rootNamespace`"],
    ["a root that has parameters itself", { rootNamespace: "/things/{id}" }, "needs `rootNamespace`"],
    [
      "a limit for a message that clients do not send",
      { limits: { messages: { search: { max: 1, windowMs: 1 } } } },
      "limits name search, which is not an inbound type",
    ],
    [
      "a limit for what every object has",
      { limits: { messages: { toString: { max: 1, windowMs: 1 } } } },
      "limits name toString, which is not an inbound type",
    ],
    [
      "a field that is the name of the message",
      { inbound: { say: z.object({ id: z.string() }) }, on: { say: () => {} } },
      "say has a field id",
    ],
  ] as const) {
    it(`complains of ${what}, naming the channel`, () => {
      expect(complaint(parts)).to.match(/^channel \S+: /);
      expect(complaint(parts)).to.contain(says);
    });
  }

  it("has a default for what is left out", () => {
    const channel = defineChannel({
      app: "things",
      namespace: "/things/{id}",
      credential: "none",
      inbound: {},
      outbound: {},
      on: {},
    });
    expect(channel).to.include({ rootNamespace: "/things", path: "/ws/things/{id}" });
    expect(channel.open).to.be.a("function");
    expect(Object.keys(channel.outbound)).to.eql(["error"]);
    const facts = { message: "No", room: undefined, timestamp: "2030-01-01T00:00:00.000Z" };
    expect(channel.outbound.error?.schema.parse(channel.error(facts))).to.eql({ message: "No" });
    expect(channel.error({ ...facts, room: "all" })).to.eql({ ...facts, room: "all" });
    expect(aChannel().rootNamespace).to.equal("/things");
  });

  it("gives each message type its delivery class, and latest what makes two values the same thing", () => {
    const schema = z.object({ id: z.number(), value: z.number() });
    expect([log(schema), volatile(schema), reply(schema)].map(({ delivery, key }) => [delivery, key])).to.eql([
      ["log", undefined],
      ["volatile", undefined],
      ["reply", undefined],
    ]);
    const { delivery, key } = latest(schema, "id");
    expect([delivery, key?.({ id: 7, value: 1 }), key?.({ id: 7, value: 2 })]).to.eql(["latest", "7", "7"]);
  });
});
