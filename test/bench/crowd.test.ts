import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { type WebSocket, WebSocketServer } from "ws";
import { Crowd } from "../../bench/load/crowd.ts";
import { Target } from "../../bench/load/target.ts";

const OPTIONS = { sampleEvery: 1, ordered: true };
const note = (n: number): string => JSON.stringify({ type: "note", n, at: 0, text: "as long as a message is" });

describe("the benchmark's crowd", () => {
  let server: WebSocketServer;
  let members: WebSocket[];
  let crowd: Crowd;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    members = [];
    server.on("connection", (client) => {
      client.on("message", () => {
        members.push(client);
        client.send('{"type":"joined"}');
      });
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    crowd = new Crowd(new Target({ protocol: "ws", workers: [{ pid: process.pid, port }] }), OPTIONS);
    await crowd.join(["a", "a", "a"], { concurrency: 2 });
  });

  afterEach(() => {
    crowd.cut();
    server.close();
  });

  it("is content when each client has received what was sent", async () => {
    for (const member of members) for (const n of [1, 2]) member.send(note(n));
    await crowd.hasReceived({ a: 2 });
    expect(crowd.total).to.equal(6);
  });

  it("fails when one message is lost", async () => {
    for (const member of members) member.send(note(1));
    members[0]?.send(note(2));
    expect(await failureOf(crowd.hasReceived({ a: 2 }, 50))).to.equal("4 messages were received and 6 sent");
  });

  it("fails when one message comes twice in place of another", async () => {
    for (const member of members) for (const n of [1, 1]) member.send(note(n));
    expect(await failureOf(crowd.hasReceived({ a: 2 }))).to.equal("message 1 of a came as number 2");
  });

  it("fails when a client is lost", async () => {
    members[1]?.close(1011);
    expect(await failureOf(crowd.hasReceived({ a: 1 }))).to.equal("a client of a was lost: closed with 1011");
  });
});

describe("a client that is refused", () => {
  const server = createServer();
  let refusals = 0;
  let crowd: Crowd;

  before(async () => {
    const accepting = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      if (refusals > 0) {
        refusals -= 1;
        socket.destroy();
        return;
      }
      accepting.handleUpgrade(request, socket, head, (client) => {
        client.on("error", () => {});
        client.on("message", () => client.send('{"type":"joined"}'));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    crowd = new Crowd(new Target({ protocol: "ws", workers: [{ pid: process.pid, port }] }), OPTIONS);
  });

  after(() => {
    crowd.cut();
    server.close();
  });

  it("fails the run", async () => {
    refusals = 1;
    expect(await failureOf(crowd.join(["a"], { concurrency: 1 }))).to.include("closed");
  });

  it("is counted, and comes again, where it may", async () => {
    refusals = 3;
    expect(await crowd.join(["a", "a"], { concurrency: 2, retryMs: 1 })).to.eql({ failures: 3 });
    expect(crowd.size).to.equal(2);
  });
});

async function failureOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "no failure",
    (error: Error) => error.message,
  );
}
