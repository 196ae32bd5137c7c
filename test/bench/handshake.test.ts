import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect } from "chai";
import { WebSocketServer } from "ws";
import { clientFrame, TEXT } from "../../bench/load/frames.ts";
import { upgradeEnd, upgradeRequest } from "../../bench/load/handshake.ts";

describe("the load generator's handshake", () => {
  it("is taken by a WebSocket server, which then reads its frames", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const said = once(server, "connection").then(async ([client, request]) => {
      const [data] = await once(client, "message");
      return [request.url, String(data)];
    });
    const socket = connect(port, "127.0.0.1");
    socket.write(upgradeRequest("/ws?room=1", port));
    let answer = Buffer.alloc(0);
    while (upgradeEnd(answer) === undefined) answer = Buffer.concat([answer, (await once(socket, "data"))[0]]);
    expect(upgradeEnd(answer)).to.equal(answer.length);
    socket.write(clientFrame(TEXT, Buffer.from("é".repeat(100))));
    expect(await said).to.eql(["/ws?room=1", "é".repeat(100)]);
    socket.destroy();
    server.close();
  });

  it("knows where the first frame begins", () => {
    const key = /Sec-WebSocket-Key: (\S+)/.exec(upgradeRequest("/", 80))![1]!;
    // As RFC 6455 has it.
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const good = answerOf(accept);
    expect(upgradeEnd(Buffer.concat([good, Buffer.from([0x81, 0x00])]))).to.equal(good.length);
    expect(upgradeEnd(good.subarray(0, good.length - 1))).to.equal(undefined);
    expect(() => upgradeEnd(answerOf("c29tZWJvZHkgZWxzZSdz"))).to.throw("no upgrade");
  });

  it("names the status of a server that refuses", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
    const socket = connect(port, "127.0.0.1");
    socket.write(upgradeRequest("/", port));
    const [data] = await once(socket, "data");
    expect(() => upgradeEnd(data)).to.throw("503 Service Unavailable");
    socket.destroy();
    server.close();
  });
});

function answerOf(accept: string): Buffer {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", `Sec-WebSocket-Accept: ${accept}`];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}
