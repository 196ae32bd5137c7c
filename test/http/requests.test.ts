import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { z } from "zod";
import { defineRoute } from "../../src/hub/route.ts";
import { type Answer, type HttpTest, startHttp } from "../support/http-server.ts";

const anything = z.looseObject({});
const echo = (method: "get" | "post" | "patch") =>
  defineRoute({
    method,
    path: "/api/echo",
    summary: "What came in",
    credential: "none",
    body: anything,
    response: anything,
    handle: ({ body }) => body,
  });
const other = defineRoute({
  method: "delete",
  path: "/api/{anything}",
  summary: "A path that overlaps",
  credential: "none",
  params: z.object({ anything: z.string() }),
  response: anything,
  handle: ({ params }) => params,
});

/** What every problem holds, whatever it is about. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.status).to.equal(status);
  expect(answer.headers.get("Content-Type")).to.equal("application/problem+json; charset=utf-8");
  expect(answer.json).to.have.all.keys("type", "title", "status", "detail", "code", "instance");
  expect(answer.json).to.include({ type: "about:blank", status, code, instance: answer.headers.get("X-Request-Id") });
  expect(answer.json.title).to.be.a("string").that.is.not.empty;
  expect(answer.json.detail).to.be.a("string").that.is.not.empty;
}

describe("HTTP requests", () => {
  let http: HttpTest;
  before(async () => {
    http = await startHttp({ routes: [echo("get"), echo("post"), echo("patch"), other] });
  });
  after(() => http.stop());

  const post = (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> =>
    fetch(`${http.url}/api/echo`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body,
    }).then(async (response) => {
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
    });

  describe("to nowhere", () => {
    it("are a 404", async () => {
      expectProblem(await http.send("GET", "/api/nothing/here"), 404, "not_found");
      expectProblem(await http.send("GET", "/"), 404, "not_found");
      expectProblem(await http.send("POST", "/api/nothing/here", { body: {} }), 404, "not_found");
    });

    it("are a 405 naming the methods where the path is known", async () => {
      const answer = await http.send("PUT", "/api/echo", { body: {} });
      expectProblem(answer, 405, "method_not_allowed");
      expect(answer.headers.get("Allow")?.split(", ")).to.have.members(["GET", "HEAD", "POST", "PATCH", "DELETE"]);
      const health = await http.send("POST", "/healthz");
      expectProblem(health, 405, "method_not_allowed");
      const onlyDelete = await http.send("GET", "/api/else");
      expect(onlyDelete.status).to.equal(405);
      expect(onlyDelete.headers.get("Allow")).to.equal("DELETE");
    });

    it("are a 400 where the path cannot be decoded", async () => {
      expectProblem(await http.send("DELETE", "/api/%zz"), 400, "invalid_field");
    });
  });

  describe("with a body", () => {
    it("are read as JSON, whatever the charset parameter says of UTF-8", async () => {
      expect((await post('{"a":"ä"}', { "Content-Type": "application/json; charset=utf-8" })).json).to.deep.equal({
        a: "ä",
      });
    });

    it("may be compressed", async () => {
      expect((await post(gzipSync('{"a":1}'), { "Content-Encoding": "gzip" })).json).to.deep.equal({ a: 1 });
    });

    it("may do without it", async () => {
      expect((await http.send("POST", "/api/echo")).json).to.deep.equal({});
      const empty = await http.send("POST", "/api/echo", { body: "" });
      expect(empty.json).to.deep.equal({});
    });

    for (const text of ["{", "{'a':1}", "undefined", "\u0000", '{"a":1}}']) {
      it(`are a 400 that does not quote it when it is no JSON: ${JSON.stringify(text)}`, async () => {
        const answer = await post(text);
        expectProblem(answer, 400, "invalid_json");
        expect(answer.json.detail).to.equal("Invalid JSON");
      });
    }

    for (const text of ['"text"', "7", "null", "true", "[]", '[{"a":1}]']) {
      it(`are a 400 when it is no object: ${text}`, async () => {
        expect((await post(text)).status).to.equal(400);
      });
    }

    it("are a 413 above 64 KiB, also when it grows from something small", async () => {
      const ofSize = (bytes: number): string => JSON.stringify({ a: "x".repeat(bytes - 8) });
      expect((await post(ofSize(64 * 1024))).status).to.equal(200);
      expectProblem(await post(ofSize(64 * 1024 + 1)), 413, "too_large");
      expectProblem(await post(gzipSync(ofSize(10_000_000)), { "Content-Encoding": "gzip" }), 413, "too_large");
    });

    it("are a 415 when it says that it is something else", async () => {
      for (const type of [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "nonsense",
      ]) {
        expectProblem(await post('{"a":1}', { "Content-Type": type }), 415, "unsupported_media_type");
      }
      expectProblem(await post("x", { "Content-Encoding": "nonsense" }), 415, "unsupported_media_type");
      expectProblem(
        await post("x", { "Content-Type": "application/json; charset=klingon" }),
        415,
        "unsupported_media_type",
      );
    });

    it("cannot reach the prototype of anything", async () => {
      await post('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
      expect(({} as { polluted?: boolean }).polluted).to.equal(undefined);
    });
  });

  describe("have an id", () => {
    const idOf = async (given?: string): Promise<string | null> =>
      (
        await http.send("GET", "/api/echo", given === undefined ? {} : { headers: { "X-Request-Id": given } })
      ).headers.get("X-Request-Id");

    it("that is their own", async () => {
      expect(await idOf()).to.match(/^[\w-]{20,64}$/);
      expect(await idOf()).not.to.equal(await idOf());
    });

    it("that a proxy may have given", async () => {
      expect(await idOf("from-nginx_1")).to.equal("from-nginx_1");
      expect(await idOf("x".repeat(64))).to.equal("x".repeat(64));
    });

    it("that is replaced when it could be used to play tricks", async () => {
      for (const bad of ["x".repeat(65), "a b", "a.b", '"}', ""]) expect(await idOf(bad)).to.match(/^[0-9a-f-]{36}$/);
    });

    it("that is answered with errors too", async () => {
      const { json } = await http.send("GET", "/nowhere", { headers: { "X-Request-Id": "mine" } });
      expect(json.instance).to.equal("mine");
    });
  });

  it("are answered with headers that protect a browser, and nothing about the machinery", async () => {
    const { headers } = await http.send("GET", "/api/echo");
    expect(headers.get("X-Content-Type-Options")).to.equal("nosniff");
    expect(headers.get("Content-Security-Policy")).to.contain("default-src 'self'");
    expect(headers.get("X-Powered-By")).to.equal(null);
  });
});
