import { expect } from "chai";
import { baseUrl, configureJunction, connect, type Namespaces } from "../../src/apps/client.ts";
import type { Declared, HubSocket, Listeners } from "../../src/client/index.ts";
import { startHub, type TestHub } from "../support/hub.ts";

/** The next time that something happens on a socket, with what it brings. */
function next<D extends Declared, T extends keyof Listeners<D> & string>(
  socket: HubSocket<D>,
  type: T,
): Promise<Parameters<Listeners<D>[T]>[0]> {
  return new Promise((resolve) => socket.once(type, ((payload: never) => resolve(payload)) as Listeners<D>[T]));
}

describe("connect()", () => {
  let hub: TestHub;
  const sockets: { disconnect(): unknown }[] = [];
  const keep = <S extends { disconnect(): unknown }>(socket: S): S => {
    sockets.push(socket);
    return socket;
  };

  beforeEach(async () => {
    hub = await startHub();
    configureJunction({ url: hub.url });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect();
    configureJunction({ url: undefined });
    await hub.stop();
  });

  it("joins a namespace and hears what happens there, with the payloads of the schemas", async () => {
    const socket = keep(connect("/events", { token: await hub.token("customer") }));
    const seats = next(socket, "seat_update");
    expect(await socket.emitWithAck("subscribe_event", { eventId: 123 })).to.eql({ ok: true, eventId: 123 });
    expect((await seats).availableSeats).to.equal(100);

    const [created, after] = [next(socket, "booking_created"), next(socket, "seat_update")];
    await hub.call("secondCustomer", "POST", "/api/events/123/bookings", { seats: 3 });
    expect(await created).to.include({ eventId: 123, availableSeats: 97 });
    expect(await after).to.include({ availableSeats: 97, seatCapacity: 100 });
    expect(socket.connected).to.equal(true);
  });

  it("takes a namespace with its parameter, and needs no payload where there is nothing to say", async () => {
    const socket = keep(connect("/events/123", { token: await hub.token("customer") }));
    expect((await next(socket, "connection_established")).eventId).to.equal(123);
    const pong = next(socket, "pong");
    expect(await socket.emitWithAck("ping")).to.eql({ ok: true });
    expect((await pong).timestamp).to.be.a("string");
  });

  it("sends what was said before the connection was there, and gives a callback the answer", async () => {
    const socket = keep(connect("/vehicles/search", { url: `${hub.url}/`, apiKey: hub.apiKey }));
    const results = next(socket, "search_results");
    const answer = await new Promise((resolve) => socket.emit("search", { term: "abc" }, resolve));
    expect(answer).to.eql({ ok: true, total: 1 });
    expect((await results).items[0]?.number_plate).to.equal("ABC123");
  });

  it("answers what is refused with its code, and stays connected", async () => {
    const socket = keep(connect("/events", { token: await hub.token("customer") }));
    const [error, answer] = await Promise.all([
      next(socket, "error"),
      socket.emitWithAck("subscribe_event", { eventId: 9 }),
    ]);
    expect(answer).to.eql({ ok: false, error: { code: "not_found", message: "Event not found" } });
    expect(error.message).to.equal("Event not found");
    expect(socket.connected).to.equal(true);
  });

  it("does not leave a sender waiting whose connection ends before the answer", async () => {
    const socket = keep(connect("/events", { token: await hub.token("customer") }));
    await next(socket, "connection_established");
    const answer = socket.emitWithAck("get_stats");
    socket.disconnect();
    const outcome = await answer.then(
      () => "answered",
      (error: Error) => error.message,
    );
    expect(outcome).to.equal("socket has been disconnected");
  });

  it("no longer calls a listener that is taken off", async () => {
    const heard: string[] = [];
    const socket = keep(connect("/events", { token: await hub.token("customer") }));
    const listener = (): void => void heard.push("pong");
    socket.on("pong", listener);
    await socket.emitWithAck("ping");
    socket.off("pong", listener);
    await socket.emitWithAck("ping");
    expect(heard).to.eql(["pong"]);
  });

  it("tells with code and reason why a client is not let in", async () => {
    const refused = async (socket: HubSocket<Namespaces["/events"]>) =>
      (await next(keep(socket), "connect_error")).data;
    expect(await refused(connect("/events", { token: "not a token" }))).to.eql({ code: 1008, reason: "Invalid Token" });
    const token = await hub.token("customer");
    expect(await refused(connect("/events/9", { token }))).to.eql({ code: 1008, reason: "Not Found" });
    const failing = () => Promise.reject(new Error("the login is down"));
    expect(await refused(connect("/events", { token: failing }))).to.eql({
      code: 1008,
      reason: "Authentication Required",
    });
  });

  it("tells why the hub ends a connection", async () => {
    const socket = keep(connect("/events", { token: await hub.token("customer") }));
    await next(socket, "connection_established");
    const [closing, ended] = [next(socket, "closing"), next(socket, "disconnect")];
    await hub.clock.advance(31 * 60_000);
    expect(await closing).to.eql({ code: 1008, reason: "Token Expired" });
    expect(await ended).to.equal("io server disconnect");
  });

  it("stays past the end of its token when it is refreshed in time", async () => {
    const socket = keep(connect("/events", { token: await hub.token("customer") }));
    await next(socket, "connection_established");
    const exp = Math.floor(hub.clock.now() / 1000) + 7_200;
    const answer = await socket.emitWithAck("refresh", { token: await hub.token("customer", { exp }) });
    expect(answer).to.eql({ ok: true });
    await hub.clock.advance(31 * 60_000);
    expect(await socket.emitWithAck("ping")).to.eql({ ok: true });
  });

  it("comes back with a new token when its worker is drained", async () => {
    let asked = 0;
    const socket = keep(connect("/events", { token: () => hub.token("customer", { jti: `${++asked}` }) }));
    await next(socket, "connection_established");
    const [closing, again] = [next(socket, "closing"), next(socket, "disconnect").then(() => next(socket, "connect"))];
    hub.hub.endWhere(() => true, "draining");
    expect(await closing).to.eql({ code: 1001, reason: "Draining" });
    await again;
    expect(asked).to.equal(2);
    expect(await socket.emitWithAck("ping")).to.eql({ ok: true });
  });

  it("comes back when the hub itself was away, and not at all when it is told not to", async () => {
    const port = Number(new URL(hub.url).port);
    const token = () => hub.token("customer");
    const stays = keep(connect("/events", { token }));
    const goes = keep(connect("/events", { token, reconnect: false }));
    await Promise.all([next(stays, "connection_established"), next(goes, "connection_established")]);
    await hub.stop();
    hub = await startHub({ env: { PORT: String(port) } });
    await next(stays, "connection_established");
    expect(goes.connected).to.equal(false);
  });

  it("asks for what it has missed when it comes back, from where it says it stands", async () => {
    const book = () => hub.call("secondCustomer", "POST", "/api/events/123/bookings", { seats: 1 });
    let comesBack: Promise<unknown> = Promise.resolve();
    let seq: number | undefined;
    const token = () => comesBack.then(() => hub.token("customer"));
    const socket = keep(connect("/events/123", { token, since: () => seq }));
    const seen: number[] = [];
    socket.on("booking_created", (message) => {
      seq = message.seq;
      seen.push(message.seq);
    });
    expect(await next(socket, "connection_established")).to.not.have.any.keys("recovered", "seq");
    await Promise.all([next(socket, "booking_created"), book()]);

    // It cannot be back before both bookings are made.
    comesBack = next(socket, "disconnect").then(book).then(book);
    hub.hub.endWhere(() => true, "draining");
    expect(await next(socket, "connection_established")).to.include({ recovered: true, seq: 3 });
    await socket.emitWithAck("ping");
    expect(seen).to.eql([1, 2, 3]);
  });

  it("does not come back after 1008, nor once it is disconnected", async () => {
    const asked = { revoked: 0, disconnected: 0 };
    const counting = (name: keyof typeof asked) => () => {
      asked[name]++;
      return hub.token("customer", { jti: name });
    };
    const others = { url: hub.url, token: () => hub.token("operator") };
    const revoked = keep(connect("/events", { token: counting("revoked") }));
    const disconnected = keep(connect("/events", { token: counting("disconnected") }));
    const drained = keep(connect("/events", others));
    await Promise.all([revoked, disconnected, drained].map((socket) => next(socket, "connection_established")));

    const ended = [next(revoked, "disconnect"), next(disconnected, "disconnect")];
    hub.hub.revoke("revoked");
    hub.hub.endWhere(({ identity }) => identity.credentialId === "disconnected", "draining");
    await Promise.all(ended);
    disconnected.disconnect();

    // Coming back takes from 0.5 to 1.5 seconds: who does so three times has given the others the time for it.
    for (let times = 0; times < 3; times++) {
      const again = next(drained, "disconnect").then(() => next(drained, "connect"));
      hub.hub.endWhere(() => true, "draining");
      await again;
    }
    expect(asked).to.eql({ revoked: 1, disconnected: 1 });
    expect([revoked.connected, disconnected.connected]).to.eql([false, false]);
  });

  it("looks for each app at the port of its document unless something else is said", () => {
    configureJunction({ url: undefined });
    const ports = (
      ["/events/7", "/vehicles/search", "/bookings", "/battery/stations", "/parking/notifications"] as const
    ).map((namespace) => baseUrl(namespace));
    expect(ports.map((url) => new URL(url).port)).to.eql(["3000", "3000", "5000", "8000", "8000"]);
    configureJunction({ url: "https://hub.example/" });
    expect(baseUrl("/events")).to.equal("https://hub.example");
    expect(baseUrl("/events", "http://other:1")).to.equal("http://other:1");
  });
});
