import { type AsyncAPIDocumentInterface, Parser } from "@asyncapi/parser";
import { expect } from "chai";
import { z } from "zod";
import { APPS } from "../../../src/apps/index.ts";
import { asyncApi } from "../../../src/http/description/asyncapi.ts";
import { defineChannel } from "../../../src/hub/channel.ts";
import { log, reply } from "../../../src/hub/outbound.ts";
import { DOORS } from "../../support/client.ts";
import { DOCUMENTED } from "../../support/documents.ts";
import { startHub, type TestHub } from "../../support/hub.ts";

const ERROR = 0;
const WARNING = 1;

describe("/asyncapi.json", () => {
  let hub: TestHub;
  let api: AsyncAPIDocumentInterface;

  before(async () => {
    const doors = [["vehicles", "events"], ["bookings"], ["battery", "parking"]].map((apps) => ({ port: 0, apps }));
    hub = await startHub({ file: { doors } });
    const text = await (await fetch(`${hub.url}/asyncapi.json`)).text();
    const { document, diagnostics } = await new Parser().parse(text);
    expect(diagnostics.filter(({ severity }) => severity === ERROR || severity === WARNING)).to.eql([]);
    if (!document) throw new Error("not parsed");
    api = document;
  });
  after(() => hub.stop());

  it("is valid AsyncAPI 3.0", () => {
    expect(api.version()).to.equal("3.0.0");
  });

  it("knows all five documents", () => {
    expect(Object.keys(DOCUMENTED)).to.have.members(["vehicles", "battery", "bookings", "events", "parking"]);
    expect(APPS.map(({ name }) => name)).to.include.members(Object.keys(DOCUMENTED));
  });

  for (const [app, { client, hub: sent }] of Object.entries(DOCUMENTED)) {
    it(`has every message that the document of ${app} names, on both doors, with its delivery class`, () => {
      for (const isSocketIo of [false, true]) {
        const operations = api
          .operations()
          .all()
          .filter((operation) => operation.id()?.startsWith(`${app}.`))
          .filter((operation) => operation.id()?.includes(".socketio.") === isSocketIo);
        const received = operations.filter((one) => one.isReceive()).flatMap((one) => one.messages().all());
        const given = operations.filter((one) => one.isSend()).flatMap((one) => one.messages().all());
        expect(received.map((message) => message.name())).to.include.members([...client]);
        const classes = given.map((message) => [message.name() ?? "", message.tags().all()[0]?.name()] as const);
        expect(Object.fromEntries(classes)).to.include(sent);
      }
    });
  }

  it("has each channel under its app's name, at its namespace and, where a door has it, at its documented URL", () => {
    const addresses = api
      .channels()
      .all()
      .map((channel) => channel.address());
    expect(addresses).to.include.members(["/events/ws", "/events", "/events/{eventId}", "/ws/events/{eventId}"]);
    expect(addresses).to.include.members(["/vehicles/ws/vehicles/search", "/vehicles/search", "/ws/vehicles/search"]);
    for (const { app, path, namespace } of hub.channels) {
      expect(addresses).to.include.members([`/${app}${path}`, namespace, path]);
    }
  });

  it("has refresh where the credential is a JWT, and closing and acknowledgements on Socket.IO alone", () => {
    const names = (id: string) =>
      api
        .channels()
        .get(id)
        ?.messages()
        .all()
        .map((message) => message.name());
    expect(names("events.plain")).to.include("refresh");
    for (const type of ["closing", "acknowledgement"]) expect(names("events.plain")).to.not.include(type);
    expect(names("events.socketio")).to.include.members(["refresh", "closing", "acknowledgement"]);
    expect(names("vehicles.search.socketio")).to.not.include("refresh");
  });

  for (const door of DOORS) {
    it(`describes the messages as they are on ${door.name}`, async () => {
      const credential = await hub.token("customer");
      const client = await door.connect(hub.url, { path: "/events/ws", namespace: "/events", credential });
      client.send("subscribe_event", { eventId: 123 });
      await client.next("seat_update");
      await hub.call("customer", "POST", "/api/events/123/bookings", {});
      await client.next("booking_created");
      for (const type of ["get_stats", "ping", "unsubscribe_event", "nonsense"]) client.send(type, { eventId: 123 });
      await client.next("error");
      await client.close();

      const isPlain = door.name.startsWith("plain");
      const channel = api.channels().get(isPlain ? "events.plain" : "events.socketio");
      expect(client.log.length).to.be.at.least(8);
      for (const [type, payload] of client.log) {
        const described = channel?.messages().get(type)?.payload()?.json();
        const parsed = z.fromJSONSchema(described as never).safeParse(isPlain ? { type, ...payload } : payload);
        expect(parsed.error, type).to.equal(undefined);
      }
    });
  }
});

describe("the description of channels", () => {
  const channel = (
    app: string,
    credential: "jwt" | "wsToken" | "none" | "apiKey",
    data = z.object({ a: z.string() }),
  ) =>
    defineChannel({
      app,
      namespace: `/${app}`,
      path: "/ws/shared",
      credential,
      inbound: { say: z.object({ text: z.string().default("") }) },
      outbound: { said: log(data), error: reply(z.object({ message: z.string() })) },
      error: ({ message }) => ({ message }),
      limits: { messages: { say: { max: 3, windowMs: 60_000 } }, connectionsPerCredential: 2, idleMs: 5_000 },
      on: { say() {} },
    });

  it("gives a documented URL to the ports that serve it, by the same rule as the doors", () => {
    const doors = [
      { port: 1, apps: ["one", "two"] },
      { port: 2, apps: ["one"] },
      { port: 3, apps: ["one", "three"] },
    ];
    const { channels } = asyncApi([channel("one", "jwt"), channel("two", "jwt"), channel("three", "wsToken")], doors);
    const ports = (id: string) => channels[id]?.servers.map(({ $ref }) => $ref.replace("#/servers/", ""));
    expect(ports("one.plain"), "shared with another JWT on 1, told from a ws token on 3").to.eql([
      "plain-2",
      "plain-3",
    ]);
    expect(ports("two.plain"), "nowhere its own").to.equal(undefined);
    expect(ports("two.prefixed")).to.eql(["plain-1", "plain-2", "plain-3"]);
    expect(ports("two.socketio")).to.eql(["socketio-1", "socketio-2", "socketio-3"]);
  });

  it("tells apart a type that goes both ways, and one that differs between channels of an app", () => {
    const inbound = { typing: z.object({ room: z.string() }) };
    const outbound = { typing: log(z.object({ userId: z.string() })), error: reply(z.object({})) };
    const common = { app: "chat", path: "/ws", credential: "none", error: () => ({}), on: { typing() {} } } as const;
    const first = defineChannel({ ...common, namespace: "/chat/a", inbound, outbound });
    const second = defineChannel({ ...common, namespace: "/chat/b", inbound: { typing: z.object({}) }, outbound });
    const { channels, components, operations } = asyncApi([first, second], []);
    expect(channels["chat.a.socketio"]?.messages).to.include.keys("typing", "typing.client");
    expect(operations["chat.a.socketio.receive"]?.messages).to.eql([
      { $ref: "#/channels/chat.a.socketio/messages/typing.client" },
    ]);
    expect(components.messages["chat.socketio.client.typing"]?.payload.required).to.eql(["room"]);
    expect(components.messages["chat.b.socketio.client.typing"]?.payload.required).to.eql([]);
    expect(channels["chat.b.socketio"]?.messages.typing).to.eql(channels["chat.a.socketio"]?.messages.typing);
  });

  it("says the rules of a channel in words, and its credential in schemes", () => {
    const { channels, operations } = asyncApi([channel("one", "apiKey"), channel("open", "none")], []);
    expect(channels["one.prefixed"]?.description).to.equal(
      "With an API key. Without a good one: the error message, then close code 1008. " +
        "At most 2 connections at once with one credential. " +
        "At most 3 say messages in 60 seconds on one connection; one more ends it. " +
        "Closed after 5 seconds without a message from the client.",
    );
    expect(operations["one.prefixed.receive"]?.security).to.deep.include({
      $ref: "#/components/securitySchemes/apiKeyInQuery",
    });
    expect(operations["open.prefixed.receive"]).to.not.have.property("security");
  });

  it("puts the fields into data where the document does", () => {
    const wrapped = { ...channel("one", "none"), envelope: "data" } as const;
    const { messages } = asyncApi([wrapped], []).components;
    expect(messages["one.plain.hub.said"]?.payload).to.eql({
      type: "object",
      properties: {
        type: { const: "said" },
        data: {
          type: "object",
          properties: {
            a: { type: "string" },
            seq: {
              description: "Its place in the log of the room: 1, 2, 3 and so on",
              exclusiveMinimum: 0,
              type: "integer",
            },
          },
          required: ["a", "seq"],
        },
      },
      required: ["type", "data"],
    });
    expect(messages["one.plain.client.say"]?.payload.required, "every field has a default").to.eql(["type"]);
    expect(messages["one.socketio.hub.said"]?.payload.required).to.eql(["a", "seq"]);
  });

  it("lets clients name their messages, where the door has the name, but not a refresh", () => {
    const flat = asyncApi([channel("one", "jwt")], []).components.messages;
    const wrapped = asyncApi([{ ...channel("one", "jwt"), envelope: "data" }], []).components.messages;
    const fields = (messages: typeof flat, id: string) => Object.keys(messages[id]?.payload.properties ?? {});
    expect(fields(flat, "one.plain.client.say")).to.eql(["type", "id", "text"]);
    expect(fields(wrapped, "one.plain.client.say")).to.eql(["type", "id", "data"]);
    for (const messages of [flat, wrapped]) {
      expect(fields(messages, "one.socketio.client.say")).to.eql(["text", "id"]);
      expect(fields(messages, "one.socketio.client.refresh")).to.eql(["token"]);
      expect(fields(messages, "one.socketio.hub.said")).to.include("a").and.not.include("id");
    }
  });
});
