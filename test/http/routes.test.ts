import { expect } from "chai";
import { z } from "zod";
import { DEMO_API_KEY } from "../../src/apps/demo-users.ts";
import { HubError } from "../../src/hub/errors.ts";
import { defineRoute, numericId } from "../../src/hub/route.ts";
import { bearer, type HttpTest, startHttp } from "../support/http-server.ts";

const seen: unknown[] = [];

const routes = [
  defineRoute({
    method: "get",
    path: "/api/things/{id}",
    summary: "One thing",
    credential: "none",
    params: z.object({ id: numericId }),
    query: z.object({ term: z.string().max(5).optional() }),
    response: z.object({ id: z.number(), inner: z.object({ shown: z.string() }) }),
    handle({ params, query, identity, address }) {
      seen.push({ params, query, userId: identity.userId, address });
      if (params.id === 404) throw new HubError("not_found", "No such thing");
      if (params.id === 409) throw new HubError("conflict", "Sold out");
      if (params.id === 429) throw new HubError("rate_limited");
      if (params.id === 503) throw new HubError("unavailable");
      return { id: params.id, secret: "hidden", inner: { shown: "yes", hidden: "no" } };
    },
  }),
  defineRoute({
    method: "post",
    path: "/api/things/",
    summary: "A new thing",
    credential: "jwt",
    roles: ["operator", "admin"],
    body: z.object({ name: z.string().min(1), tags: z.array(z.object({ label: z.string() })).default([]) }),
    status: 201,
    response: z.object({ name: z.string(), by: z.string() }),
    handle: ({ body, identity }) => ({ name: body.name, by: identity.userId }),
  }),
  defineRoute({
    method: "delete",
    path: "/api/things/{id}",
    summary: "Away with it",
    credential: "apiKey",
    params: z.object({ id: numericId }),
    status: 204,
    response: z.object({}),
    handle: ({ identity }) => {
      seen.push(identity.userId);
      return { never: "sent" };
    },
  }),
  defineRoute({
    method: "patch",
    path: "/api/faulty",
    summary: "Breaks its own promise",
    credential: "none",
    body: z.object({ how: z.enum(["throws", "response"]) }),
    response: z.object({ id: z.number() }),
    handle({ body }) {
      if (body.how === "throws") throw Object.assign(new Error("the password is hunter2"), { status: 400 });
      return { id: "not a number" };
    },
  }),
];

describe("a declared route", () => {
  let http: HttpTest;
  before(async () => {
    http = await startHttp({ routes });
  });
  after(() => http.stop());
  beforeEach(() => void seen.splice(0));

  it("hands its handler what the schemas made of the request, and the client's address", async () => {
    await http.send("GET", "/api/things/7?term=abc&other=x");
    expect(seen).to.deep.equal([
      { params: { id: 7 }, query: { term: "abc" }, userId: "anonymous", address: "127.0.0.1" },
    ]);
  });

  it("answers only the fields that its response declares", async () => {
    const { status, json } = await http.send("GET", "/api/things/7");
    expect(status).to.equal(200);
    expect(json).to.deep.equal({ id: 7, inner: { shown: "yes" } });
  });

  it("answers with its own status", async () => {
    const headers = bearer(await http.token({ sub: "op", role: "operator" }));
    const { status, json } = await http.send("POST", "/api/things", { headers, body: { name: "x" } });
    expect(status).to.equal(201);
    expect(json).to.deep.equal({ name: "x", by: "op" });
  });

  it("sends no body with a 204, whatever the handler returns", async () => {
    const { status, text } = await http.send("DELETE", "/api/things/7", { headers: { "X-API-Key": DEMO_API_KEY } });
    expect(status).to.equal(204);
    expect(text).to.equal("");
  });

  it("takes or leaves a slash at the end", async () => {
    expect((await http.send("GET", "/api/things/7/")).status).to.equal(200);
    expect((await http.send("POST", "/api/things")).status).to.equal(401);
    expect((await http.send("POST", "/api/things/")).status).to.equal(401);
  });

  it("answers HEAD like GET, without the body", async () => {
    const { status, text } = await http.send("HEAD", "/api/things/7");
    expect(status).to.equal(200);
    expect(text).to.equal("");
  });

  describe("takes a credential", () => {
    const create = (headers: Record<string, string>) =>
      http.send("POST", "/api/things", { headers, body: { name: "x" } });
    const remove = (path: string, headers: Record<string, string> = {}) => http.send("DELETE", path, { headers });

    it("as a bearer token, whatever the case of the scheme", async () => {
      const token = await http.token({ role: "admin" });
      expect((await create({ Authorization: `Bearer ${token}` })).status).to.equal(201);
      expect((await create({ authorization: `bearer ${token}` })).status).to.equal(201);
    });

    it("and answers 401 with a challenge where there is none", async () => {
      for (const headers of [{}, { Authorization: "" }, { Authorization: "Basic dTpw" }, { Authorization: "Bearer" }]) {
        const answer = await create(headers);
        expect(answer.status).to.equal(401);
        expect(answer.headers.get("WWW-Authenticate")).to.equal('Bearer realm="junction"');
        expect(answer.json).to.include({ code: "unauthenticated", detail: "Authentication Required" });
      }
    });

    it("and answers 401 saying so where it is bad or expired", async () => {
      const expired = await http.token({ role: "admin", exp: http.clock.now() / 1000 });
      for (const token of ["rubbish", expired]) {
        const answer = await create(bearer(token));
        expect(answer.status).to.equal(401);
        expect(answer.headers.get("WWW-Authenticate")).to.equal('Bearer realm="junction", error="invalid_token"');
        expect(answer.json).to.include({ code: "unauthenticated", detail: "Invalid Token" });
      }
    });

    it("not from the query where it is a JWT, since addresses are written down everywhere", async () => {
      const token = await http.token({ role: "admin" });
      const answer = await http.send("POST", `/api/things?token=${token}`, { body: { name: "x" } });
      expect(answer.status).to.equal(401);
    });

    it("as an API key in the header or in the query, the header first", async () => {
      expect((await remove("/api/things/7", { "X-API-Key": DEMO_API_KEY })).status).to.equal(204);
      expect((await remove(`/api/things/7?api_key=${DEMO_API_KEY}`)).status).to.equal(204);
      expect(seen).to.deep.equal(["demo", "demo"]);
      expect((await remove(`/api/things/7?api_key=${DEMO_API_KEY}`, { "X-API-Key": "bad" })).status).to.equal(401);
    });

    it("and answers 401 with its own challenge where the API key is missing or bad", async () => {
      for (const [path, detail] of [
        ["/api/things/7", "Authentication Required"],
        ["/api/things/7?api_key=", "Authentication Required"],
        ["/api/things/7?api_key=a&api_key=b", "Authentication Required"],
        ["/api/things/7?api_key=bad", "Invalid API Key"],
      ] as const) {
        const answer = await remove(path);
        expect(answer.status).to.equal(401);
        expect(answer.headers.get("WWW-Authenticate")).to.equal('ApiKey realm="junction"');
        expect(answer.json).to.include({ detail });
      }
    });
  });

  describe("checks a request in order: credential, role, path, query, body", () => {
    it("so that strangers learn nothing about schemas", async () => {
      const answer = await http.send("POST", "/api/things", { body: "{ not json" });
      expect(answer.status).to.equal(401);
    });

    it("so that others' roles learn nothing either", async () => {
      const headers = bearer(await http.token({ role: "customer" }));
      const answer = await http.send("POST", "/api/things", { headers, body: "{ not json" });
      expect(answer.status).to.equal(403);
      expect(answer.json).to.include({ code: "forbidden" });
    });

    for (const [path, detail] of [
      ["/api/things/seven", /^Invalid id: /],
      ["/api/things/1.5", /^Invalid id: /],
      ["/api/things/0", /^Invalid id: /],
      ["/api/things/-1?term=toolong", /^Invalid id: /],
      ["/api/things/99999999999999999999", /^Invalid id: /],
      ["/api/things/7?term=toolong", /^Invalid term: /],
      ["/api/things/7?term=a&term=b", /^Invalid term: /],
    ] as const) {
      it(`naming the first field that is wrong in ${path}`, async () => {
        const { status, json } = await http.send("GET", path);
        expect(status).to.equal(400);
        expect(json).to.include({ code: "invalid_field" });
        expect(json.detail).to.match(detail);
      });
    }

    for (const [body, detail] of [
      [{}, /^Invalid name: /],
      [undefined, /^Invalid name: /],
      [{ name: 7 }, /^Invalid name: /],
      [{ name: "x", tags: [{ label: "a" }, { label: 1 }] }, /^Invalid tags\.1\.label: /],
      [[{ name: "x" }], /^Invalid body: /],
    ] as const) {
      it(`naming the first field that is wrong in the body ${JSON.stringify(body)}`, async () => {
        const headers = bearer(await http.token({ role: "admin" }));
        const { status, json } = await http.send("POST", "/api/things", { headers, body });
        expect(status).to.equal(400);
        expect(json).to.include({ code: "invalid_field" });
        expect(json.detail).to.match(detail);
      });
    }
  });

  describe("answers what its handler throws", () => {
    it("with the status and text of a HubError", async () => {
      const missing = await http.send("GET", "/api/things/404");
      expect(missing.status).to.equal(404);
      expect(missing.json).to.include({ code: "not_found", detail: "No such thing" });
      expect((await http.send("GET", "/api/things/409")).json).to.include({ status: 409, detail: "Sold out" });
    });

    it("telling when to try again", async () => {
      for (const [id, seconds] of [
        [429, "60"],
        [503, "5"],
      ] as const) {
        const { status, headers } = await http.send("GET", `/api/things/${id}`);
        expect(status).to.equal(id);
        expect(headers.get("Retry-After")).to.equal(seconds);
      }
    });

    for (const how of ["throws", "response"]) {
      it(`with a 500 that tells nothing when the fault is ours (${how}), and a log that tells all`, async () => {
        const { status, json, headers, text } = await http.send("PATCH", "/api/faulty", { body: { how } });
        expect(status).to.equal(500);
        expect(json).to.deep.equal({
          type: "about:blank",
          title: "Internal Server Error",
          status: 500,
          detail: "Internal error",
          code: "internal",
          instance: headers.get("X-Request-Id"),
        });
        expect(text).not.to.contain("hunter2");
        const fault = http.lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === "request failed");
        expect(fault).to.deep.include({ level: "error", requestId: headers.get("X-Request-Id") });
        expect(fault.err.stack).to.match(/routes\.test\.ts|mount\.ts/);
        http.lines.splice(0);
      });
    }
  });

  it("may be declared once only", async () => {
    const outcome: unknown = await startHttp({ routes: [...routes, ...routes.slice(0, 1)] }).catch((thrown) => thrown);
    expect(outcome).to.match(/two routes claim GET \/api\/things\/\{id\}/);
  });
});
