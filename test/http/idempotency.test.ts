import { expect } from "chai";
import { z } from "zod";
import { DEMO_API_KEY } from "../../src/apps/demo-users.ts";
import { HubError } from "../../src/hub/errors.ts";
import { defineRoute, numericId } from "../../src/hub/route.ts";
import { bearer, type HttpTest, startHttp } from "../support/http-server.ts";

const seen: { route: string; step: string | undefined; uuid: string }[] = [];
/** What the next requests to `/api/failing` come to, in order. */
const failures: (Error | undefined)[] = [];

const made = z.object({ n: z.number(), uuid: z.uuid() });
const thing = z.object({ name: z.string(), size: z.number().default(1) });

const routes = [
  defineRoute({
    method: "post",
    path: "/api/things",
    summary: "Make",
    credential: "jwt",
    query: z.object({ dry: z.string().optional() }),
    body: thing,
    status: 201,
    response: made,
    handle: ({ command }) => {
      const uuid = command.uuid();
      seen.push({ route: "post", step: command.step(), uuid });
      return { n: seen.length, uuid, secret: "hidden" };
    },
  }),
  defineRoute({
    method: "patch",
    path: "/api/things/{id}",
    summary: "Change",
    credential: "jwt",
    params: z.object({ id: numericId }),
    body: thing,
    response: made,
    handle: ({ command }) => {
      seen.push({ route: "patch", step: command.step(), uuid: "" });
      return { n: seen.length, uuid: command.uuid() };
    },
  }),
  defineRoute({
    method: "delete",
    path: "/api/things/{id}",
    summary: "Remove",
    credential: "apiKey",
    params: z.object({ id: numericId }),
    status: 204,
    response: z.object({}),
    handle: ({ params, command }) => {
      seen.push({ route: "delete", step: command.step(), uuid: "" });
      if (params.id === 404) throw new HubError("not_found", "No such thing");
    },
  }),
  defineRoute({
    method: "get",
    path: "/api/things",
    summary: "Read",
    credential: "jwt",
    response: z.object({ n: z.number() }),
    handle: ({ command }) => {
      seen.push({ route: "get", step: command.step(), uuid: "" });
      return { n: seen.length };
    },
  }),
  defineRoute({
    method: "post",
    path: "/api/tokens",
    summary: "A token",
    credential: "jwt",
    secret: true,
    response: z.object({ n: z.number() }),
    handle: ({ command }) => {
      seen.push({ route: "token", step: command.step(), uuid: "" });
      return { n: seen.length };
    },
  }),
  defineRoute({
    method: "post",
    path: "/api/anybody",
    summary: "Whoever it is",
    credential: "none",
    response: z.object({ n: z.number() }),
    handle: ({ command }) => {
      seen.push({ route: "anybody", step: command.step(), uuid: "" });
      return { n: seen.length };
    },
  }),
  defineRoute({
    method: "post",
    path: "/api/failing",
    summary: "Fails as it is told to",
    credential: "jwt",
    response: z.object({ n: z.number() }),
    handle: () => {
      seen.push({ route: "failing", step: undefined, uuid: "" });
      const failure = failures.shift();
      if (failure) throw failure;
      return { n: seen.length };
    },
  }),
];

describe("Idempotency-Key", () => {
  let http: HttpTest;
  let user: Record<string, string>;
  let keys = 0;
  before(async () => {
    http = await startHttp({ routes });
  });
  after(() => http.stop());
  beforeEach(async () => {
    seen.length = 0;
    failures.length = 0;
    user = bearer(await http.token({ sub: "one" }));
  });

  const newKey = (): string => `key-${++keys}`;
  const apiKey = { "X-API-Key": DEMO_API_KEY };

  function send(key: string | undefined, method: string, path: string, body?: unknown, as = user) {
    const headers = { ...as, ...(key !== undefined && { "Idempotency-Key": key }) };
    return http.send(method, path, { headers, body });
  }

  describe("gives a request that comes again its first answer", () => {
    it("with the same status and body, saying so, and does nothing twice", async () => {
      const key = newKey();
      const first = await send(key, "POST", "/api/things", { name: "x" });
      expect(first.status).to.equal(201);
      expect(first.headers.get("Idempotency-Replayed")).to.equal(null);
      for (let i = 0; i < 2; i++) {
        const again = await send(key, "POST", "/api/things", { name: "x" });
        expect([again.status, again.text]).to.eql([201, first.text]);
        expect(again.headers.get("Idempotency-Replayed")).to.equal("true");
        expect(again.headers.get("Content-Type")).to.equal(first.headers.get("Content-Type"));
      }
      expect(seen).to.have.lengthOf(1);
      expect(first.json).to.eql({ n: 1, uuid: seen[0]?.uuid });
    });

    it("also one without a body", async () => {
      const key = newKey();
      for (const replayed of [null, "true"]) {
        const { status, text, headers } = await send(key, "DELETE", "/api/things/7", undefined, apiKey);
        expect([status, text, headers.get("Idempotency-Replayed")]).to.eql([204, "", replayed]);
      }
      expect(seen).to.have.lengthOf(1);
    });

    it("also a refusal", async () => {
      const key = newKey();
      for (const replayed of [null, "true"]) {
        const { status, json, headers } = await send(key, "DELETE", "/api/things/404", undefined, apiKey);
        expect(status).to.equal(404);
        expect(json).to.include({ code: "not_found", detail: "No such thing", status: 404 });
        expect(headers.get("Idempotency-Replayed")).to.equal(replayed);
      }
      expect(seen).to.have.lengthOf(1);
    });

    it("whichever of several at once is the first", async () => {
      const key = newKey();
      const all = await Promise.all([1, 2, 3, 4].map(() => send(key, "POST", "/api/things", { name: "x" })));
      expect(new Set(all.map(({ text }) => text)).size).to.equal(1);
      expect(all.filter(({ headers }) => headers.has("Idempotency-Replayed"))).to.have.lengthOf(3);
      expect(seen).to.have.lengthOf(1);
    });

    it("however its JSON is laid out, with another token of the same user", async () => {
      const key = newKey();
      await send(key, "POST", "/api/things", '{"name":"x","size":2}');
      const other = bearer(await http.token({ sub: "one", jti: "another" }));
      const again = await send(key, "POST", "/api/things", '{ "size": 2, "name": "x" }', other);
      expect(again.headers.get("Idempotency-Replayed")).to.equal("true");
    });

    it("for ten minutes", async () => {
      const key = newKey();
      for (const replayed of [null, "true"]) {
        const { headers } = await send(key, "PATCH", "/api/things/7", { name: "x" });
        expect(headers.get("Idempotency-Replayed")).to.equal(replayed);
      }
      http.clock.advance(10 * 60_000);
      user = bearer(await http.token({ sub: "one" }));
      const { headers } = await send(key, "PATCH", "/api/things/7", { name: "x" });
      expect(headers.get("Idempotency-Replayed")).to.equal(null);
      expect(seen).to.have.lengthOf(2);
    });
  });

  describe("answers 422", () => {
    for (const [what, path, body] of [
      ["another body", "/api/things/7", { name: "y" }],
      ["another thing", "/api/things/8", { name: "x" }],
    ] as const) {
      it(`when the key came with ${what}`, async () => {
        const key = newKey();
        await send(key, "PATCH", "/api/things/7", { name: "x" });
        const { status, json, headers } = await send(key, "PATCH", path, body);
        expect(status).to.equal(422);
        expect(json).to.include({ code: "command_differs" });
        expect(headers.get("Idempotency-Replayed")).to.equal(null);
        expect(seen).to.have.lengthOf(1);
      });
    }

    it("when it came with another query", async () => {
      const key = newKey();
      await send(key, "POST", "/api/things?dry=1", { name: "x" });
      expect((await send(key, "POST", "/api/things", { name: "x" })).status).to.equal(422);
    });
  });

  it("is the user's own, and for one route", async () => {
    const key = newKey();
    const other = bearer(await http.token({ sub: "two" }));
    await send(key, "POST", "/api/things", { name: "x" });
    await send(key, "POST", "/api/things", { name: "x" }, other);
    await send(key, "PATCH", "/api/things/7", { name: "x" });
    await send(key, "DELETE", "/api/things/7", undefined, apiKey);
    expect(seen.map(({ route }) => route)).to.eql(["post", "post", "patch", "delete"]);
  });

  describe("remembers nothing that may be otherwise next time", () => {
    for (const [status, failure] of [
      [503, new HubError("unavailable")],
      [429, new HubError("rate_limited")],
      [401, new HubError("unauthenticated")],
      [500, new Error("a fault of ours")],
    ] as const) {
      it(`a ${status}`, async () => {
        const key = newKey();
        failures.push(failure);
        expect((await send(key, "POST", "/api/failing")).status).to.equal(status);
        const second = await send(key, "POST", "/api/failing");
        expect([second.status, second.headers.get("Idempotency-Replayed")]).to.eql([200, null]);
        const third = await send(key, "POST", "/api/failing");
        expect([third.text, third.headers.get("Idempotency-Replayed")]).to.eql([second.text, "true"]);
      });
    }

    it("nor a request that was never understood", async () => {
      const key = newKey();
      expect((await send(key, "POST", "/api/things", { name: 1 })).status).to.equal(400);
      expect((await send(key, "POST", "/api/things", { name: "x" })).status).to.equal(201);
    });
  });

  for (const [what, method, path] of [
    ["a GET", "GET", "/api/things"],
    ["a route whose answer must not be kept", "POST", "/api/tokens"],
    ["a route that knows nobody", "POST", "/api/anybody"],
  ] as const) {
    it(`means nothing on ${what}`, async () => {
      const key = newKey();
      for (let i = 1; i <= 2; i++) {
        const { json, headers } = await send(key, method, path);
        expect([json.n, headers.get("Idempotency-Replayed")]).to.eql([i, null]);
      }
      expect(seen.map(({ step }) => step)).to.eql([undefined, undefined]);
    });
  }

  it("never keeps a login: each has tokens of its own", async () => {
    const key = newKey();
    const login = { phone: "+966500000001", password: "password123" };
    const tokens = [];
    for (let i = 0; i < 2; i++)
      tokens.push((await send(key, "POST", "/api/v2/auth/login", login, {})).json.refresh_token);
    expect(new Set(tokens).size).to.equal(2);
  });

  it("gives the handler a command that comes again; without it there is one that does not", async () => {
    for (const key of [newKey(), undefined]) await send(key, "POST", "/api/things", { name: "x" });
    expect(seen[0]?.step).to.be.a("string");
    expect(seen[1]?.step).to.equal(undefined);
    expect(seen[0]?.uuid).to.not.equal(seen[1]?.uuid);
  });

  for (const [what, key] of [
    ["is empty", ""],
    ["is too long", "k".repeat(201)],
    ["is not ASCII", "schl\u00fcssel"],
    ["is not printable", "a\tb"],
  ] as const) {
    it(`is refused when it ${what}, and not repeated`, async () => {
      const { status, json } = await send(key, "POST", "/api/things", { name: "x" });
      expect(status).to.equal(400);
      expect(json.code).to.equal("invalid_field");
      expect(json.detail).to.match(/^Invalid Idempotency-Key/);
      if (key !== "") expect(json.detail).to.not.contain(key);
      expect(seen).to.eql([]);
    });
  }

  it("takes 200 characters, and never comes into the log", async () => {
    const key = "a key for nobody else's eyes ".padEnd(200, "k");
    expect((await send(key, "POST", "/api/things", { name: "x" })).status).to.equal(201);
    expect((await send(key, "POST", "/api/things", { name: "y" })).status).to.equal(422);
    expect(http.lines.join("\n")).to.not.contain("nobody else's eyes");
  });

  it("lets pages of other origins see that an answer was given again", async () => {
    const { headers } = await http.send("GET", "/api/things", { headers: { ...user, Origin: "http://elsewhere" } });
    expect(headers.get("Access-Control-Expose-Headers")).to.contain("Idempotency-Replayed");
  });
});
