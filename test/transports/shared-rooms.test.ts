import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Server as SocketIoServer } from "socket.io";
import { type Socket as ClientSocket, io as connectTo } from "socket.io-client";
import { z } from "zod";
import { Refusal } from "../../src/hub/disconnects.ts";
import { type Fanout, publisher } from "../../src/hub/message.ts";
import { log } from "../../src/hub/outbound.ts";
import { fanoutOf } from "../../src/transports/fanout.ts";
import { inMemory, openNamespaces } from "../../src/transports/namespaces.ts";
import { createEngine } from "../../src/transports/socketio/engine-io.ts";
import { aChannel, aHub, error } from "../hub/recording-wire.ts";
import { UNWATCHED } from "./writing/coalescing-rig.ts";

const outbound = { error, news: log(z.object({ n: z.number() })) };

const { message } = publisher("/things", outbound);

/** Channels of one app, with and without a parameter, in the rooms of one root. */
const CHANNELS = [
  aChannel({ outbound, open: (client) => client.join("all") }),
  aChannel({
    outbound,
    namespace: "/things/{id}",
    rootNamespace: "/things",
    path: "/ws/{id}",
    credential: "jwt",
    admit: (_identity, { id }) => {
      if (id === "0") throw new Refusal("not_found");
    },
    open: (client) => client.join("all"),
    on: { leave: (client) => client.leave("all") },
  }),
];

describe("namespaces with a parameter", () => {
  const { hub } = aHub();
  let io: SocketIoServer;
  let fanout: Fanout;
  let url: string;
  let close: () => Promise<unknown>;
  const clients: ClientSocket[] = [];

  before(async () => {
    const options = { budgetBytes: 1e6, windowMs: 0, watch: UNWATCHED, maxPayload: 16_384, origins: "*" } as const;
    let ids = 0;
    const engine = createEngine({ ...options, generateId: () => `w1.${++ids}` });
    io = new SocketIoServer({ serveClient: false, cleanupEmptyChildNamespaces: true });
    io.bind(engine);
    fanout = fanoutOf(io, openNamespaces(io, hub, CHANNELS, inMemory));
    const server = createServer((req, res) => engine.handleRequest(req as never, res));
    server.on("upgrade", (req, socket, head) => engine.handleUpgrade(req as never, socket, head));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = async () => {
      engine.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    };
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    while (hub.connections.size > 0) await once(hub.events, "disconnected");
  });
  after(() => close());

  function open(namespace: string, options: object = {}): ClientSocket {
    const client = connectTo(url + namespace, {
      ...{ transports: ["websocket"], forceNew: true, reconnection: false, auth: { token: "ann" } },
      ...options,
    });
    clients.push(client);
    return client;
  }
  async function enter(namespace: string, options: object = {}): Promise<ClientSocket> {
    const client = open(namespace, options);
    await new Promise((resolve, reject) => client.once("connect", () => resolve(0)).once("connect_error", reject));
    return client;
  }
  const namespaces = (): string[] => [...io._nsps.keys()].filter((name) => !name.startsWith("/_")).sort();
  const tell = (n: number): void => fanout.deliver(message("all", "news", { n }));

  it("are there while somebody is in them, and not after", async () => {
    expect(namespaces()).to.eql(["/", "/things"]);
    const [first, second] = [await enter("/things/1"), await enter("/things/1")];
    await enter("/things/2");
    expect(namespaces()).to.eql(["/", "/things", "/things/1", "/things/2"]);
    for (const client of [first, second]) {
      client.disconnect();
      await once(hub.events, "disconnected");
    }
    expect(namespaces()).to.eql(["/", "/things", "/things/2"]);
  });

  it("are not there for those who were refused, however many try", async () => {
    const refused = Array.from({ length: 50 }, (_, i) =>
      open(i % 2 ? "/things/0" : `/things/x${i}`, { auth: { token: i % 2 ? "ann" : "bad" } }),
    );
    await Promise.all(refused.map((client) => new Promise((resolve) => client.once("connect_error", resolve))));
    expect(namespaces()).to.eql(["/", "/things"]);
  });

  it("are not made by a broadcast: one to the root reaches them all, each client by the name that it knows", async () => {
    const all = await Promise.all(["/things", "/things/1", "/things/2", "/things/2"].map((name) => enter(name)));
    const heard = all.map((client) => new Promise((resolve) => client.once("news", resolve)));
    tell(7);
    expect(await Promise.all(heard)).to.eql([{ n: 7 }, { n: 7 }, { n: 7 }, { n: 7 }]);
    for (const client of all) client.disconnect();
    while (hub.connections.size > 0) await once(hub.events, "disconnected");
    tell(8);
    expect(namespaces()).to.eql(["/", "/things"]);
    expect(io.of("/things").sockets.size).to.equal(0);
    expect(io.of("/things").adapter.rooms.size).to.equal(0);
  });

  it("let one client be in several, over one connection, and hear each message once in each", async () => {
    const first = await enter("/things/1");
    const others = ["/things/2", "/things"].map((name) => first.io.socket(name, { auth: { token: "ann" } }));
    clients.push(...others);
    await Promise.all(others.map((other) => new Promise((resolve) => other.once("connect", () => resolve(0)))));
    const heard: unknown[] = [];
    for (const [i, client] of [first, ...others].entries())
      client.on("news", ({ n }: { n: number }) => heard.push([i, n]));
    tell(1);
    await first.emitWithAck("leave", {});
    tell(2);
    const last = new Promise((resolve) => others[1]?.on("news", ({ n }: { n: number }) => n === 2 && resolve(0)));
    await last;
    expect(heard.sort()).to.eql([
      [0, 1],
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]);
  });

  it("hear nothing any more once they have left the room", async () => {
    const [leaver, stayer] = [await enter("/things/1"), await enter("/things/1")];
    const heard: unknown[] = [];
    leaver.on("news", (news) => heard.push(news));
    await leaver.emitWithAck("leave", {});
    tell(1);
    await new Promise((resolve) => stayer.once("news", resolve));
    await leaver.emitWithAck("leave", {});
    expect(heard).to.eql([]);
  });

  it("let a client come and go over one connection a thousand times, and keep nothing of it", async () => {
    const client = await enter("/things/1");
    const [socket] = [...(io._nsps.get("/things/1")?.sockets.values() ?? [])];
    const conn = socket?.conn as unknown as NodeJS.EventEmitter;
    const listeners = (): unknown[] => conn.eventNames().map((name) => [name, conn.listenerCount(name)]);
    const before = listeners();
    const other = client.io.socket("/things/2", { auth: { token: "ann" } });
    clients.push(other);
    for (let i = 0; i < 1_000; i++) {
      // The first time it connects by itself.
      if (i > 0) other.connect();
      await new Promise((resolve) => other.once("connect", () => resolve(0)));
      other.disconnect();
      await once(hub.events, "disconnected");
    }
    expect(listeners()).to.eql(before);
    expect(hub.connections.size).to.equal(1);
  });

  it("forget the credentials of their clients, wherever those were", async () => {
    const secret = "ann";
    const seen: unknown[] = [];
    for (const name of ["/things", "/things/1"]) {
      const client = await enter(name, {
        ...{ auth: { token: secret }, query: { token: secret } },
        extraHeaders: { Authorization: `Bearer ${secret}`, Cookie: `access_token=${secret}` },
      });
      const socket = io._nsps.get(name)?.sockets.get(client.id as never);
      expect(socket?.handshake).to.include({ url: "", secure: false });
      expect(socket?.handshake).to.deep.include({ headers: {}, query: {}, auth: {} });
      seen.push(...(await io.of("/things").fetchSockets()).map(({ handshake }) => handshake));
    }
    expect(seen).to.have.length.above(1);
    expect(JSON.stringify(seen)).not.to.contain(secret);
  });

  it("tell whoever knocks at / where to go", async () => {
    const error = await new Promise<Error>((resolve) => open("/").once("connect_error", resolve));
    expect(error.message).to.equal("Connect to a namespace: /things, /things/{id}");
    const unknown = await new Promise<Error>((resolve) => open("/nothing").once("connect_error", resolve));
    expect(unknown.message).to.equal("Invalid namespace");
    expect(namespaces()).to.eql(["/", "/things"]);
  });
});
