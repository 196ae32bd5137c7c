import { EventEmitter, once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";
import type { Receipt } from "../../verify/ledger.ts";
import { Subscriber, type Subscription } from "../../verify/subscriber.ts";
import { transportOf } from "../../verify/transports.ts";
import { until } from "../support/until.ts";

type Body = Record<string, unknown>;

/** A client as a server without a hub behind it sees it. */
interface Guest {
  /** Where it wants to go on, by its handshake. */
  readonly since: unknown;
  readonly token: unknown;
  readonly heard: EventEmitter;
  send(type: string, body: Body): void;
  end(): void;
}

/** Both doors, with nobody behind them but the spec. */
class Doorkeeper extends EventEmitter {
  readonly #http: HttpServer = createServer();
  readonly #plain = new WebSocketServer({ noServer: true });
  readonly #io = new Server(this.#http, { destroyUpgrade: false });

  async start(): Promise<string> {
    this.#http.on("upgrade", (request, socket, head) => {
      if (!request.url?.startsWith("/room")) return;
      this.#plain.handleUpgrade(request, socket, head, (ws) => {
        const heard = new EventEmitter();
        ws.on("message", (data) => {
          const { type, ...body } = JSON.parse(data.toString());
          heard.emit(type, body);
        });
        const since = new URL(request.url ?? "", "http://host").searchParams.get("since") ?? undefined;
        const token = request.headers.authorization?.replace("Bearer ", "");
        const send = (type: string, body: Body): void => ws.send(JSON.stringify({ type, ...body }));
        this.emit("guest", { since, token, heard, send, end: () => ws.terminate() } satisfies Guest);
      });
    });
    this.#io.of("/room").on("connection", (socket) => {
      const { since, token } = socket.handshake.auth;
      const send = (type: string, body: Body): void => void socket.emit(type, body);
      this.emit("guest", { since, token, heard: socket, send, end: () => socket.disconnect(true) });
    });
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async next(): Promise<Guest> {
    const [guest] = (await once(this, "guest")) as [Guest];
    return guest;
  }

  async stop(): Promise<void> {
    for (const client of this.#plain.clients) client.terminate();
    await this.#io.close();
  }
}

const address = { path: "/room", namespace: "/room", token: "secret" };
const read: Subscription["read"] = (type, body) => {
  if (type === "value") return { subject: "it", value: String(body.value) };
  return type === "news" ? { log: String(body.news) } : undefined;
};
const ofItself: Subscription = { address, greeting: "hello", read };
const ofARequest: Subscription = {
  ...ofItself,
  request: { type: "join", body: { room: "r" }, confirmation: "joined" },
  isInOtherBefore: true,
};

for (const transport of [transportOf(0, 0), transportOf(0, 1), transportOf(0, 7)]) {
  describe(`a subscriber of the verifier, by ${transport.name}`, () => {
    let doorkeeper: Doorkeeper;
    let url: string;
    let subscriber: Subscriber;
    let receipt: Receipt;

    beforeEach(async () => {
      doorkeeper = new Doorkeeper();
      url = await doorkeeper.start();
      receipt = { where: "here", log: [], latest: new Map() };
    });
    afterEach(async () => {
      subscriber.stop();
      await doorkeeper.stop();
    });

    function start(subscription: Subscription): Promise<Guest> {
      subscriber = new Subscriber({ name: "it", url, transport, subscription, receipt, onTyping: () => {} });
      const guest = doorkeeper.next();
      subscriber.start();
      return guest;
    }

    function hasRead(count: number): Promise<void> {
      return until(`${count} entries`, () => receipt.log.length >= count);
    }

    it("asks for everything, and when it comes back for what comes after the last that it has", async () => {
      const first = await start(ofItself);
      expect([Number(first.since), first.token]).to.eql([0, "secret"]);
      first.send("hello", { recovered: true, seq: 0 });
      first.send("news", { news: "a", seq: 1 });
      first.send("value", { value: 7 });
      first.send("news", { news: "b", seq: 2 });
      await hasRead(3);
      expect(subscriber.isLive).to.equal(true);

      const back = doorkeeper.next();
      first.end();
      const second = await back;
      expect(Number(second.since)).to.equal(2);
      expect(subscriber.isLive).to.equal(false);
      second.send("hello", { recovered: true, seq: 3 });
      second.send("news", { news: "c", seq: 3 });
      await hasRead(5);
      expect(receipt.log.map((entry) => ("since" in entry ? entry : [entry.key, entry.seq]))).to.eql([
        { since: 0, recovered: true, seq: 0 },
        ["a", 1],
        ["b", 2],
        { since: 2, recovered: true, seq: 3 },
        ["c", 3],
      ]);
      expect(receipt.latest.get("it")?.map(({ value }) => value)).to.eql(["7"]);
    });

    it("goes on from where it is told that the log starts, when it comes too late", async () => {
      const first = await start(ofItself);
      first.send("hello", { recovered: false, seq: 40 });
      await hasRead(1);
      const back = doorkeeper.next();
      first.end();
      expect(Number((await back).since)).to.equal(40);
    });

    it("asks in its request where the address is not the room's, and tells what came by another room before", async () => {
      const guest = await start(ofARequest);
      expect(guest.since).to.equal(undefined);
      const asked = once(guest.heard, "join");
      guest.send("hello", {});
      expect((await asked)[0]).to.eql({ room: "r", since: 0 });
      guest.send("news", { news: "a", seq: 70 });
      guest.send("joined", { recovered: true, seq: 1 });
      guest.send("news", { news: "b", seq: 2 });
      await hasRead(3);
      expect(receipt.log.slice(1)).to.have.nested.property("[0].isElsewhere", true);
      expect(receipt.log.slice(1)).to.not.have.nested.property("[1].isElsewhere");

      const back = doorkeeper.next();
      guest.end();
      const again = await back;
      const askedAgain = once(again.heard, "join");
      again.send("hello", {});
      expect((await askedAgain)[0]).to.eql({ room: "r", since: 2 });
    });

    it("comes back when it is refused", async () => {
      const guest = await start(ofARequest);
      const back = doorkeeper.next();
      guest.send("error", { message: "Not now" });
      await back;
      expect(subscriber.trouble).to.equal("Not now");
    });
  });
}
