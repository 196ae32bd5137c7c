import { once } from "node:events";
import { expect } from "chai";
import { type Payload, rawClient } from "../support/client.ts";
import { onBothStores } from "../support/suite.ts";
import { bystanders } from "./bystanders.ts";
import { RAW_DOORS, type RawClient } from "./raw-clients.ts";
import { TIMESTAMP, vehiclesAt } from "./targets.ts";

const JSON_ERROR = "Invalid JSON";
const FORMAT = "Invalid message format";
const UNKNOWN = "Unknown message type";
const EVENT_ID = /^Invalid eventId: /;

/** What a plain client writes, and what it is told. */
const FRAMES: readonly [string, string | RegExp][] = [
  ["", JSON_ERROR],
  ["{", JSON_ERROR],
  ["ping", JSON_ERROR],
  ['{"type":"ping"', JSON_ERROR],
  ["{'type':'ping'}", JSON_ERROR],
  ['{"type":"ping"}{"type":"ping"}', JSON_ERROR],
  ["\u0000", JSON_ERROR],
  ["null", FORMAT],
  ["7", FORMAT],
  ["true", FORMAT],
  ['"ping"', FORMAT],
  ["[]", FORMAT],
  ['[{"type":"ping"}]', FORMAT],
  [`${"[".repeat(8_000)}${"]".repeat(8_000)}`, FORMAT],
  ["{}", FORMAT],
  ['{"type":null}', FORMAT],
  ['{"type":7}', FORMAT],
  ['{"type":["ping"]}', FORMAT],
  ['{"type":{"type":"ping"}}', FORMAT],
  ['{"Type":"ping"}', FORMAT],
  ['{"__proto__":{"type":"ping"}}', FORMAT],
  ['{"constructor":{"prototype":{"type":"ping"}}}', FORMAT],
];

/** What either kind of client can send: type, fields, and what it is told. */
const MESSAGES: readonly [string, string, string | RegExp][] = [
  ["", "{}", UNKNOWN],
  ["nonsense", "{}", UNKNOWN],
  ["PING", "{}", UNKNOWN],
  ["seat_update", "{}", UNKNOWN],
  ["error", "{}", UNKNOWN],
  ["closing", "{}", UNKNOWN],
  ["__proto__", "{}", UNKNOWN],
  ["constructor", "{}", UNKNOWN],
  ["prototype", "{}", UNKNOWN],
  ["toString", "{}", UNKNOWN],
  ["hasOwnProperty", "{}", UNKNOWN],
  ["search", '{"data":{"term":"ABC"}}', UNKNOWN],
  ["x".repeat(10_000), "{}", UNKNOWN],
  ["subscribe_event", "{}", EVENT_ID],
  ["subscribe_event", '{"eventid":123}', EVENT_ID],
  ["subscribe_event", '{"data":{"eventId":123}}', EVENT_ID],
  ["subscribe_event", '{"eventId":"123"}', EVENT_ID],
  ["subscribe_event", '{"eventId":null}', EVENT_ID],
  ["subscribe_event", '{"eventId":true}', EVENT_ID],
  ["subscribe_event", '{"eventId":[123]}', EVENT_ID],
  ["subscribe_event", '{"eventId":{"$gt":""}}', EVENT_ID],
  ["subscribe_event", '{"eventId":0}', EVENT_ID],
  ["subscribe_event", '{"eventId":-1}', EVENT_ID],
  ["subscribe_event", '{"eventId":1.5}', EVENT_ID],
  ["subscribe_event", '{"eventId":1e400}', EVENT_ID],
  ["subscribe_event", '{"eventId":9007199254740993}', EVENT_ID],
  ["subscribe_event", '{"__proto__":{"eventId":123}}', EVENT_ID],
  ["subscribe_event", '{"constructor":{"prototype":{"eventId":123}}}', EVENT_ID],
  ["subscribe_event", '{"eventId":{"toString":"x","valueOf":123}}', EVENT_ID],
  ["unsubscribe_event", '{"eventId":"123"}', EVENT_ID],
  ["subscribe_event", '{"eventId":9007199254740991}', "Event not found"],
  ["refresh", '{"token":{"$gt":""}}', /^Invalid token: /],
];

onBothStores("bad input", (suite) => {
  const told = (error: Payload | undefined, expected: string | RegExp): void => {
    expect(error).to.have.all.keys("message", "timestamp");
    expect(error?.timestamp).to.match(TIMESTAMP);
    if (typeof expected === "string") expect(error?.message).to.equal(expected);
    else expect(error?.message).to.match(expected);
  };
  /** Each is answered in its turn, and the client is served as if nothing had been. */
  const goesOn = async (client: RawClient, errors: number): Promise<void> => {
    client.emit("ping");
    await client.had("pong");
    expect(client.log.filter(([type]) => type === "error")).to.have.lengthOf(errors);
    client.ws.close();
    await client.ended;
  };

  it("on a plain WebSocket is answered with the document's error, frame by frame", async () => {
    const others = await bystanders(suite);
    const client = await RAW_DOORS[0]!.connect(suite.hub.url, await suite.hub.token("customer"));
    for (const [i, [frame, expected]] of FRAMES.entries()) {
      client.ws.send(frame);
      told((await client.had("error", i + 1)).at(-1), expected);
    }
    await goesOn(client, FRAMES.length);
    await others.noticeNothing();
  });

  for (const door of RAW_DOORS) {
    it(`in a message through ${door.name} is answered with the document's error`, async () => {
      const others = await bystanders(suite);
      const client = await door.connect(suite.hub.url, await suite.hub.token("customer"));
      for (const [i, [type, fields, expected]] of MESSAGES.entries()) {
        // Spelt out, because an object literal would lose `__proto__`.
        if (door.name === "Socket.IO") client.ws.send(`42/events,[${JSON.stringify(type)},${fields}]`);
        else client.ws.send(`{"type":${JSON.stringify(type)}${fields === "{}" ? "" : ","}${fields.slice(1)}`);
        told((await client.had("error", i + 1)).at(-1), expected);
      }
      await goesOn(client, MESSAGES.length);
      expect(({} as Payload).eventId, "an object that nobody has touched").to.equal(undefined);
      await others.noticeNothing();
    });

    it(`through ${door.name} does no harm in fields that are not asked for`, async () => {
      const client = await door.connect(suite.hub.url, await suite.hub.token("customer"));
      const extra =
        '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":1';
      if (door.name === "Socket.IO") client.ws.send(`42/events,["ping",{${extra}},"more",7]`);
      else client.ws.send(`{"type":"ping",${extra},"type":"ping"}`);
      const [pong] = await client.had("pong");
      expect(pong).to.have.all.keys("timestamp");
      expect(({} as Payload).polluted).to.equal(undefined);
      await goesOn(client, 0);
    });
  }

  it("on Socket.IO that is no event with an object is answered with the document's error", async () => {
    const client = await RAW_DOORS[1]!.connect(suite.hub.url, await suite.hub.token("customer"));
    const events = ["[7,{}]", "[7]", '["ping",null]', '["ping",7]', '["ping","x"]', '["ping",[]]', '["ping",true]'];
    for (const [i, event] of events.entries()) {
      client.ws.send(`42/events,${event}`);
      told((await client.had("error", i + 1)).at(-1), FORMAT);
    }
    await goesOn(client, events.length);
  });

  describe("where everything is in data", () => {
    for (const [sent, detail] of [
      ['{"type":"search"}', /^Invalid term: /],
      ['{"type":"search","data":null}', /^Invalid term: /],
      ['{"type":"search","data":{}}', /^Invalid term: /],
      ['{"type":"search","data":{"term":{"$gt":""}}}', /^Invalid term: /],
      ['{"type":"search","data":{"__proto__":{"term":"ABC"}}}', /^Invalid term: /],
      ['{"type":"search","term":"ABC"}', /^Invalid term: /],
      ['{"type":"search","data":[]}', /^Invalid message format$/],
      ['{"type":"search","data":"ABC"}', /^Invalid message format$/],
      ['{"type":"search","data":7}', /^Invalid message format$/],
      ['{"data":{"term":"ABC"}}', /^Invalid message format$/],
      ['{"type":"constructor","data":{}}', /^Unknown message type$/],
      ["{", /^Invalid JSON$/],
    ] as const) {
      it(`${sent} is answered with ${detail}`, async () => {
        const ws = await rawClient(suite.hub.url, vehiclesAt(suite.hub.apiKey));
        const ask = async (frame: string): Promise<Payload> => {
          ws.send(frame);
          return JSON.parse(String((await once(ws, "message"))[0])) as Payload;
        };
        const error = await ask(sent);
        expect(error).to.have.all.keys("type", "data");
        expect(error.type).to.equal("error");
        expect(error.data).to.have.all.keys("detail");
        expect((error.data as Payload).detail).to.match(detail);
        expect((await ask('{"type":"search","data":{"term":"ABC123"}}')).data).to.include({ total: 1 });
        ws.close();
      });
    }
  });

  for (const door of RAW_DOORS) {
    it(`10,000 messages in one burst through ${door.name} are each answered, in order`, async function () {
      this.timeout(30_000);
      const others = await bystanders(suite);
      const client = await door.connect(suite.hub.url, await suite.hub.token("customer"));
      for (let i = 1; i <= 10_000; i++) client.emit("unsubscribe_event", { eventId: i });
      const answers = await client.had("unsubscribed", 10_000);
      expect(answers.every(({ eventId }, i) => eventId === i + 1)).to.equal(true);
      await goesOn(client, 0);
      await others.noticeNothing();
    });

    it(`1,000 messages in one burst through ${door.name} that have to wait for the database are, too`, async () => {
      const count = 1_000;
      const client = await door.connect(suite.hub.url, await suite.hub.token("customer"));
      for (let i = 1; i <= count; i++)
        client.emit(i % 2 ? "subscribe_event" : "unsubscribe_event", { eventId: 500_000 + i });
      await client.had("unsubscribed", count / 2);
      const answers = client.log.slice(1).map(([type, { eventId }]) => [type, eventId]);
      const expected = Array.from({ length: count }, (_, i) =>
        i % 2 ? ["unsubscribed", 500_001 + i] : ["error", undefined],
      );
      expect(answers).to.eql(expected);
      client.ws.close();
      await client.ended;
    });
  }
});
