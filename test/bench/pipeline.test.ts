import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { answerAt, Pipeline } from "../../bench/load/pipeline.ts";

describe("the benchmark's publications by HTTP", () => {
  it("come in their order, and end when all are answered", async () => {
    const came: string[] = [];
    const server = createServer(async (request, response) => {
      came.push(`${request.method} ${request.url} ${await text(request)}`);
      response.writeHead(202, { "Content-Length": 2 }).end("ok");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const pipeline = new Pipeline((server.address() as AddressInfo).port, 2);
    for (const n of [1, 2, 3, 4, 5]) pipeline.post("/rooms/a", `message ${n}`);
    pipeline.flush();
    await pipeline.end();
    expect(came).to.eql([1, 2, 3, 4, 5].map((n) => `POST /rooms/a message ${n}`));
    server.close();
  });

  it("fail the run when one is refused", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(507, { "Content-Length": 0 }).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const pipeline = new Pipeline((server.address() as AddressInfo).port, 2);
    pipeline.post("/rooms/a", "message");
    pipeline.flush();
    const failure = await pipeline.end().catch((error: Error) => error.message);
    expect(failure).to.equal("a publication was answered 507");
    server.close();
  });

  it("know where an answer ends", () => {
    const answer = Buffer.from("HTTP/1.1 201 Created\r\ncontent-length: 3\r\n\r\nabcHTTP/1.1 500");
    expect(answerAt(answer, 0)).to.eql({ status: 201, end: answer.length - 12 });
    expect(answerAt(answer, answer.length - 12)).to.equal(undefined);
    expect(answerAt(answer.subarray(0, 44), 0)).to.equal(undefined);
    expect(() => answerAt(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), 0)).to.throw("not an answer with a length");
  });
});
