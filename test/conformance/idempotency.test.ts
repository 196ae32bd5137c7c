import { expect } from "chai";
import { io, type Socket } from "socket.io-client";
import { type App, type Client, type Command, defineApp, HubError, reply, z } from "../../src/index.ts";
import { type Payload, plainDoor, rawClient, type TestClient } from "../support/client.ts";
import { onBothStores, withHub } from "../support/suite.ts";
import { book, newEvent } from "./event-data.ts";
import { eventsAt, vehiclesAt } from "./targets.ts";

let ids = 0;
/** An id that no other message has. */
const anId = (): string => `id-${++ids}`;

/** The messages of some types that a client has had. */
function had(client: TestClient, ...types: string[]): [string, Payload][] {
  return client.log.filter(([type]) => types.includes(type));
}

onBothStores("a client message with an id", (suite) => {
  for (const door of suite.doors) {
    describe(`by ${door.name}`, () => {
      const events = async (user: "customer" | "secondCustomer" = "customer") =>
        suite.connect(door, eventsAt(await suite.hub.token(user)));

      it("that comes again is answered as before, also on another connection, whatever is true now", async () => {
        const [first, second] = [await events(), await events()];
        const id = anId();
        first.send("get_stats", { id });
        const stats = await first.next("stats");
        expect(stats.data).to.include({ totalClients: 2 });
        const third = await events();
        for (const client of [first, second, third]) {
          client.send("get_stats", { id });
          expect(await client.next("stats")).to.eql(stats);
        }
        third.send("get_stats", { id: anId() });
        expect((await third.next("stats")).data).to.include({ totalClients: 3 });
      });

      it("is another user's own", async () => {
        const [mine, theirs] = [await events(), await events("secondCustomer")];
        const id = anId();
        const eventId = await newEvent(suite.hub, { visibility: "private", allowedUserIds: [] });
        mine.send("get_stats", { id });
        await mine.next("stats");
        theirs.send("subscribe_event", { id, eventId });
        expect((await theirs.next("error")).message).to.equal("Event not found");
      });

      it("that joins a room is answered again where it came first, and takes effect on another connection", async () => {
        const eventId = await newEvent(suite.hub);
        const [first, second] = [await events(), await events()];
        const id = anId();
        for (const client of [first, second]) {
          client.send("subscribe_event", { id, eventId });
          await client.next("subscribed");
          await client.next("seat_update");
        }
        await book(suite.hub, eventId);
        for (const client of [first, second]) expect(await client.next("booking_created")).to.include({ eventId });
        for (const client of [first, second]) await client.next("seat_update");

        const confirmed = had(first, "subscribed");
        first.send("subscribe_event", { id, eventId });
        expect(await first.next("subscribed")).to.eql(confirmed[0]?.[1]);
        first.send("ping");
        await first.next("pong");
        const left = had(first, "seat_update").map(([, { availableSeats }]) => availableSeats);
        expect(left, "no value that was the newest once").to.eql([10, 9]);
      });

      it("is refused again in the same words, though it would be granted now", async () => {
        const client = await events();
        const id = anId();
        const eventId = 500_000 + ids;
        client.send("subscribe_event", { id, eventId });
        client.send("subscribe_event", { id, eventId });
        const refusals = [await client.next("error"), await client.next("error")];
        expect(refusals.map(({ message }) => message)).to.eql(["Event not found", "Event not found"]);
      });

      it("is refused when the id came with something else", async () => {
        const [first, second] = [await events(), await events()];
        const id = anId();
        const eventId = await newEvent(suite.hub);
        first.send("subscribe_event", { id, eventId });
        await first.next("subscribed");
        for (const client of [first, second]) {
          client.send("subscribe_event", { id, eventId: 123 });
          client.send("get_stats", { id });
          for (let i = 0; i < 2; i++) expect((await client.next("error")).message).to.match(/used for something else/);
        }
        expect(had(second, "subscribed", "stats")).to.eql([]);
      });

      it("is refused when the id is none, and not repeated", async () => {
        const client = await events();
        for (const id of ["", "x".repeat(201), "schl\u00fcssel", 7, null, ["x"]]) {
          client.send("ping", { id });
          expect((await client.next("error")).message).to.equal("Invalid id: 1 to 200 printable ASCII characters");
        }
        client.send("ping", { id: "x".repeat(200) });
        await client.next("pong");
      });

      it("does not count against a limit when it comes again", async () => {
        const target = vehiclesAt(suite.hub.apiKey);
        const client = await suite.connect(door, target);
        const id = anId();
        for (let i = 0; i < 12; i++) {
          client.send("search", { term: "ABC123", id });
          expect(await client.next("search_results")).to.include({ total: 1 });
        }
        for (let i = 0; i < 9; i++) client.send("search", { term: "ABC123", id: anId() });
        for (let i = 0; i < 9; i++) await client.next("search_results");
        client.send("search", { term: "ABC123", id: anId() });
        expect((await client.ended).code).to.equal(1008);
      });
    });
  }

  it("has it beside the type where the other fields are in data", async () => {
    const ws = await rawClient(suite.hub.url, vehiclesAt(suite.hub.apiKey));
    const answers: string[] = [];
    const three = new Promise<void>((resolve) => {
      ws.on("message", (data) => {
        if (answers.push(String(data)) === 3) resolve();
      });
    });
    const id = anId();
    ws.send(JSON.stringify({ type: "search", id, data: { term: "ABC123" } }));
    ws.send(JSON.stringify({ type: "search", data: { term: "ABC123" }, id }));
    ws.send(JSON.stringify({ type: "search", id, data: { term: "other" } }));
    await three;
    ws.close();
    expect(answers[1]).to.equal(answers[0]);
    expect(JSON.parse(answers[2] ?? "")).to.eql({
      type: "error",
      data: { detail: "This Idempotency-Key or id was used for something else" },
    });
  });

  it("is acknowledged as before on Socket.IO, be it with ok or with an error", async () => {
    const auth = { token: await suite.hub.token("customer") };
    const sockets: Socket[] = [];
    const connect = async () => {
      const socket = io(`${suite.hub.url}/events`, { auth, forceNew: true, reconnection: false });
      sockets.push(socket);
      await new Promise<void>((resolve) => socket.once("connect", resolve));
      return socket;
    };
    const [first, second] = [await connect(), await connect()];
    const stats = { id: anId() };
    const acknowledged = await first.emitWithAck("get_stats", stats);
    await connect();
    for (const socket of [first, second]) expect(await socket.emitWithAck("get_stats", stats)).to.eql(acknowledged);
    const unknown = { id: anId(), eventId: 999_999 };
    for (const socket of [first, second, first]) {
      expect(await socket.emitWithAck("subscribe_event", unknown)).to.eql({
        ok: false,
        error: { code: "not_found", message: "Event not found" },
      });
    }
    const differs = await second.emitWithAck("get_stats", { ...stats, more: 1 });
    expect(differs.error.code).to.equal("command_differs");
    for (const socket of sockets) socket.disconnect();
  });

  it("may be a refresh, which is done each time", async () => {
    const id = anId();
    const client = await suite.connect(plainDoor, eventsAt(await suite.hub.token("customer")));
    client.send("refresh", { id, token: await suite.hub.token("customer") });
    client.send("refresh", { id, token: "rubbish" });
    expect((await client.next("error")).message).to.equal("Invalid Token");
  });

  it("is done again when it is older than ten minutes", async () => {
    const client = await suite.connect(plainDoor, eventsAt(await suite.hub.token("secondCustomer")));
    const id = anId();
    client.send("get_stats", { id });
    const first = await client.next("stats");
    suite.hub.clock.advance(10 * 60_000 - 1);
    client.send("get_stats", { id });
    expect(await client.next("stats")).to.eql(first);
    suite.hub.clock.advance(1);
    client.send("get_stats", { id });
    expect((await client.next("stats")).timestamp).to.not.equal(first.timestamp);
  });
});

onBothStores("a request with an Idempotency-Key", (suite) => {
  it("books once, and tells the room once", async () => {
    const eventId = await newEvent(suite.hub);
    const client = await suite.connect(plainDoor, eventsAt(await suite.hub.token("customer")));
    client.send("subscribe_event", { eventId });
    await client.next("seat_update");
    const key = { "Idempotency-Key": anId() };
    const request = () => suite.hub.call("customer", "POST", `/api/events/${eventId}/bookings`, { seats: 2 }, key);
    const answers = await Promise.all([request(), request(), request()]);
    for (const { status, body } of answers) expect([status, body]).to.eql([201, answers[0]?.body]);
    await book(suite.hub, eventId);
    while ((await client.next("seat_update")).availableSeats !== 7);
    expect(had(client, "booking_created").map(([, { availableSeats }]) => availableSeats)).to.eql([8, 7]);
  });

  it("publishes once", async () => {
    const eventId = await newEvent(suite.hub);
    const client = await suite.connect(plainDoor, eventsAt(await suite.hub.token("customer")));
    client.send("subscribe_event", { eventId });
    await client.next("seat_update");
    const data = { eventId, availableSeats: 3, seatCapacity: 10, timestamp: new Date().toISOString() };
    const message = { app: "events", room: `event:${eventId}`, type: "booking_created", data };
    const publish = async (key: string) => {
      const answer = await suite.hub.call("admin", "POST", "/api/publish", message, { "Idempotency-Key": key });
      expect(answer.body).to.eql({ published: true });
      return answer.headers.get("Idempotency-Replayed");
    };
    const key = anId();
    expect([await publish(key), await publish(key), await publish(anId())]).to.eql([null, "true", null]);
    await book(suite.hub, eventId);
    while ((await client.next("seat_update")).availableSeats !== 9);
    expect(had(client, "booking_created").map(([, { availableSeats }]) => availableSeats)).to.eql([3, 3, 9]);
  });
});

/** An app whose messages change data, as none of the shipped ones does. */
const note = z.object({ id: z.string(), text: z.string() });
const counter = z.object({ id: z.number(), count: z.number() });
const inbound = { write: z.object({ text: z.string() }), meet: z.object({ text: z.string() }) };
const outbound = { written: reply(z.object({ note: z.uuid(), number: z.number(), count: z.number() })) };

/** What the handlers of `notes` come upon, once each: something in between their writes. */
const hooks: (() => Promise<void> | void)[] = [];

function notesApp(credential: "jwt" | "none"): App {
  return defineApp("notes", async ({ collection, sequence, channel }) => {
    const notes = await collection("notes", note);
    const counters = await collection("counters", counter);
    const nextNumber = sequence("notes");
    await counters.insert({ id: 1, count: 0 });

    async function write(client: Client<typeof outbound>, text: string, command: Command): Promise<void> {
      const written = { note: command.uuid(), number: await command.number(nextNumber) };
      await notes.ensure({ id: written.note, text });
      await hooks.shift()?.();
      const increase = (before: z.output<typeof counter>) => {
        const next = { ...before, count: before.count + 1 };
        return { next, result: next.count };
      };
      client.send("written", { ...written, count: await counters.modify(1, increase, command) });
    }

    channel("/notes", {
      credential,
      inbound,
      outbound,
      on: {
        write: (client, { text }, command) => write(client, text, command),
        async meet(client, { text }, command) {
          await client.join(text);
          await write(client, text, command);
        },
      },
    });
  });
}

for (const credential of ["jwt", "none"] as const) {
  describe(`a message that changes data, where the credential is ${credential}`, () => {
    withHub(
      (suite) => {
        for (const door of suite.doors) {
          describe(`by ${door.name}`, () => {
            const connect = async () => {
              const target = { path: "/ws/notes", namespace: "/notes" };
              if (credential === "none") return suite.connect(door, { ...target, kind: credential });
              return suite.connect(door, { ...target, credential: await suite.hub.token("customer") });
            };

            for (const type of ["write", "meet"]) {
              it(`is done once however often it comes on a connection (${type})`, async () => {
                const client = await connect();
                const message = { id: anId(), text: "x" };
                client.send(type, message);
                const first = await client.next("written");
                for (let i = 0; i < 2; i++) {
                  client.send(type, message);
                  expect(await client.next("written")).to.eql(first);
                }
                client.send(type, { text: "x" });
                const other = await client.next("written");
                expect([other.count, other.number]).to.eql([Number(first.count) + 1, Number(first.number) + 1]);
                expect(other.note).to.not.equal(first.note);
              });

              if (credential === "jwt") {
                it(`and on any other (${type})`, async () => {
                  const message = { id: anId(), text: "x" };
                  const answers = [];
                  for (const client of [await connect(), await connect()]) {
                    client.send(type, message);
                    answers.push(await client.next("written"));
                  }
                  expect(answers[1]).to.eql(answers[0]);
                });
              }
            }

            it("is done to its end when it failed in the middle for a reason that passes", async () => {
              const client = await connect();
              client.send("write", { text: "x" });
              const before = await client.next("written");
              const message = { id: anId(), text: "x" };
              hooks.push(() => {
                throw new HubError("unavailable");
              });
              client.send("write", message);
              await client.next("error");
              client.send("write", message);
              const written = await client.next("written");
              expect(written.count).to.equal(Number(before.count) + 1);
              // Nothing is written down of those whom nobody knows: another number is drawn.
              expect(written.number).to.equal(Number(before.number) + (credential === "none" ? 2 : 1));
            });

            if (credential === "jwt") {
              it("answers on another connection when the first was lost before the answer", async () => {
                const [first, second] = [await connect(), await connect()];
                const message = { id: anId(), text: "x" };
                const lost = new Promise<void>((resolve) => {
                  hooks.push(async () => {
                    await first.close();
                    while (suite.hub.hub.connections.size > 1) await new Promise((next) => setImmediate(next));
                    resolve();
                  });
                });
                first.send("write", message);
                await lost;
                second.send("write", message);
                const written = await second.next("written");
                second.send("write", message);
                expect(await second.next("written")).to.eql(written);
                second.send("write", { text: "x" });
                const next = await second.next("written");
                expect([next.number, next.count]).to.eql([Number(written.number) + 1, Number(written.count) + 1]);
              });
            }
          });
        }
      },
      { apps: [notesApp(credential)], file: { doors: [{ port: 0, apps: ["notes"] }] } },
    );
  });
}
