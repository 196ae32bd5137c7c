import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import { WebSocket } from "ws";
import { frame, type Rig, rawSocketOf, startRig } from "./coalescing-rig.ts";

describe("a coalesced socket", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  it("writes the messages of one tick at once, in their order", async () => {
    const { socket, client, texts, writes } = await rig.connect();
    for (let i = 0; i < 100; i++) socket.send(`message ${i}`);
    expect(writes).to.eql([]);
    while (texts.length < 100) await once(client, "message");
    expect(texts).to.eql(Array.from({ length: 100 }, (_, i) => `message ${i}`));
    expect(writes).to.have.lengthOf(1);
  });

  it("writes each tick's messages in that tick", async () => {
    const { socket, client, texts, writes } = await rig.connect();
    for (let i = 0; i < 3; i++) {
      socket.send(`a${i}`);
      socket.send(`b${i}`);
      await nextTurn();
      await nextTurn();
    }
    while (texts.length < 6) await once(client, "message");
    expect(writes).to.have.lengthOf(3);
  });

  it("keeps the order of messages, frames built beforehand, pings and the close", async () => {
    const { socket, client, closed, writes } = await rig.connect();
    const seen: string[] = [];
    client.on("message", (data) => seen.push(String(data)));
    client.on("ping", (data) => seen.push(`ping ${data}`));
    client.on("close", () => seen.push("close"));
    socket.send("first");
    socket.sendFrame(frame("second"));
    socket.ping("third");
    socket.send("x".repeat(70_000));
    socket.close(1001, "bye");
    expect(writes).to.have.lengthOf(1);
    expect(await closed).to.eql([1001, "bye"]);
    expect(seen).to.eql(["first", "second", "ping third", "x".repeat(70_000), "close"]);
  });

  it("joins the bytes once for sockets that have the same frames queued", async () => {
    const pairs = [await rig.connect(), await rig.connect()];
    const odd = await rig.connect();
    const shared = [frame("one"), frame("two")];
    for (const { socket } of pairs) for (const each of shared) socket.sendFrame(each);
    odd.socket.sendFrame(shared[0]!);
    for (const { texts, client } of pairs) while (texts.length < 2) await once(client, "message");
    expect(pairs[0]?.writes[0]).to.equal(pairs[1]?.writes[0]);
    while (odd.texts.length < 1) await once(odd.client, "message");
    expect(odd.texts).to.eql(["one"]);
    expect(odd.writes[0]).not.to.equal(pairs[0]?.writes[0]);
  });

  it("does not take frames for the same because their text is", async () => {
    const [first, second] = [await rig.connect(), await rig.connect()];
    first.socket.send("same");
    second.socket.send("same");
    while (second.texts.length === 0) await once(second.client, "message");
    expect(first.writes[0]).not.to.equal(second.writes[0]);
    expect(first.writes[0]).to.eql(second.writes[0]);
  });

  describe("within a window", () => {
    /** How many writes 50 messages of 50 ticks take, each of which keeps the loop for so many milliseconds. */
    async function writesOf50(ms: number): Promise<number> {
      const windowed = await startRig({ windowMs: 5 });
      try {
        const { socket, client, texts, writes } = await windowed.connect();
        const raw = rawSocketOf(socket);
        const write = raw.write.bind(raw) as (data: Buffer) => boolean;
        raw.write = (data: Buffer) => {
          for (const until = performance.now() + ms; performance.now() < until; );
          return write(data);
        };
        for (let i = 0; i < 50; i++) {
          socket.send(`${i}`);
          await nextTurn();
        }
        while (texts.length < 50) await once(client, "message");
        expect(texts).to.eql(Array.from({ length: 50 }, (_, i) => `${i}`));
        return writes.length;
      } finally {
        await windowed.close();
      }
    }

    it("joins what comes in several ticks, once the loop is busy writing", async () => {
      expect(await writesOf50(4)).to.be.below(25);
    });

    it("keeps nothing back while it has time to spare", async () => {
      // Not one by one where the machine holds a write up, which other programs may make it do several times over.
      let most = 0;
      for (let tries = 0; tries < 20 && most <= 35; tries++) most = Math.max(most, await writesOf50(0));
      expect(most).to.be.above(35);
    });
  });

  it("sends nothing after its close frame", async () => {
    const { socket, client, closed, texts } = await rig.connect();
    socket.close(1000, "done");
    socket.send("too late", () => {});
    socket.sendFrame(frame("too late"));
    await closed;
    expect(texts).to.eql([]);
    expect(client.readyState).to.equal(WebSocket.CLOSED);
  });

  it("survives whatever is sent to it when its client is gone", async () => {
    const { socket, client } = await rig.connect();
    const gone = once(socket, "close");
    client.terminate();
    await gone;
    socket.send("too late", () => {});
    socket.sendFrame(frame("too late"));
    socket.close(1001);
    await nextTurn();
  });

  it("survives a client that ends its half and goes on", async () => {
    const { socket, client } = await rig.connect();
    rawSocketOf(client).end();
    const gone = once(socket, "close");
    socket.send("are you there");
    await nextTurn();
    socket.sendFrame(frame("and now"));
    client.terminate();
    await gone;
  });

  describe("tells of its ending", () => {
    const tellsOf = (socket: WebSocket): unknown[] => {
      const told: unknown[] = [];
      socket.on("ending", (...ending: unknown[]) => told.push(ending));
      return told;
    };

    it("before it is closed with a code, while there is still something to say", async () => {
      const { socket, closed, texts } = await rig.connect();
      const told = tellsOf(socket);
      socket.on("ending", () => socket.send("last words"));
      socket.close(1013, "Overloaded");
      socket.close(1000, "again");
      expect(await closed).to.eql([1013, "Overloaded"]);
      expect(told).to.eql([[1013, "Overloaded"]]);
      expect(texts).to.eql(["last words"]);
    });

    for (const [what, send, code, reason] of [
      ["a binary frame", (client: WebSocket) => client.send(Buffer.from([1])), 1003, "Binary Not Supported"],
      ["a frame that is too big", (client: WebSocket) => client.send("x".repeat(16_385)), 1009, "Message Too Big"],
      ["text that is not UTF-8", (client: WebSocket) => client.send(Buffer.from([0xff]), { binary: false }), 1007, ""],
    ] as const) {
      it(`when ${what} is its end, with ${code}`, async () => {
        const { socket, client, closed } = await rig.connect();
        const told = tellsOf(socket);
        send(client);
        expect(await closed).to.eql([code, reason]);
        expect(told).to.eql([[code, reason]]);
      });
    }

    it("but not when the client ends it, whatever code that gives", async () => {
      const { socket, client } = await rig.connect();
      const told = tellsOf(socket);
      const gone = once(socket, "close");
      client.close(4000, "my own reasons");
      await gone;
      expect(told).to.eql([]);
    });
  });
});
