import { once } from "node:events";
import { request } from "node:http";
import { expect } from "chai";
import { z } from "zod";
import { DEMO_API_KEY } from "../../src/apps/demo-users.ts";
import { defineRoute } from "../../src/hub/route.ts";
import { type HttpTest, startHttp } from "../support/http-server.ts";

const LOGIN = "/api/v2/auth/login";
const PASSWORD = "correct horse battery staple";

const failing = defineRoute({
  method: "post",
  path: "/api/failing",
  summary: "Fails",
  credential: "none",
  body: z.object({ password: z.string() }),
  response: z.object({}),
  handle({ body }) {
    throw Object.assign(new Error(`cannot use {"password":"${body.password}"}`), { body });
  },
});

describe("the log of requests", () => {
  let http: HttpTest;
  beforeEach(async () => {
    http = await startHttp({ routes: [failing] });
  });

  /** The log is complete once the server has ended. */
  async function logged(): Promise<string> {
    await http.stop();
    return http.lines.join("");
  }

  async function entries(): Promise<Record<string, unknown>[]> {
    return (await logged())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  }

  /** Node's own client, for headers that `fetch` keeps to itself. */
  async function get(path: string, headers: Record<string, string>): Promise<void> {
    const sent = request(`${http.url}${path}`, { headers }).end();
    const [response] = await once(sent, "response");
    response.resume();
    await once(response, "end");
  }

  it("says of each its method, path without the query, status, time and id", async () => {
    await http.send("GET", "/healthz?x=1");
    const { headers } = await http.send("GET", "/api/nowhere?term=private");
    await http.send("POST", "/api/failing", { body: { password: "x" } });
    const all = await entries();
    expect(all[0]).to.include({ level: "debug", method: "GET", path: "/healthz", status: 200 });
    expect(all[1]).to.include({ level: "info", method: "GET", path: "/api/nowhere", status: 404 });
    expect(all[1]).to.include({ requestId: headers.get("X-Request-Id"), msg: "request completed" });
    expect(all[1]?.ms).to.be.a("number");
    expect(all[1]).to.have.all.keys(
      "level",
      "time",
      "worker",
      "pid",
      "requestId",
      "method",
      "path",
      "status",
      "ms",
      "msg",
    );
    expect(all.slice(2).map(({ level, msg }) => `${level}: ${msg}`)).to.deep.equal([
      "error: request failed",
      "error: request completed",
    ]);
  });

  it("never holds a token, a key or a password, wherever it was sent and however the request ended", async () => {
    const token = await http.token({ role: "admin" });
    const bad = `${token}x`;
    for (const secret of [token, bad, DEMO_API_KEY, PASSWORD]) {
      const quoted = encodeURIComponent(secret);
      for (const path of ["/healthz", "/api/v2/auth/logout", "/nowhere", LOGIN]) {
        await get(`${path}?token=${quoted}&api_key=${quoted}&password=${quoted}`, {
          Authorization: `Bearer ${secret}`,
          "X-API-Key": secret,
          Cookie: `access_token=${quoted}`,
          "Sec-WebSocket-Protocol": `hub.v1, bearer.${quoted}`,
        });
      }
      const login = { phone: "+966500000001", password: secret };
      await http.send("POST", LOGIN, { body: login });
      await http.send("POST", LOGIN, { body: { ...login, phone: 7 } });
      await http.send("POST", LOGIN, { body: JSON.stringify(login).slice(0, -1) });
      await http.send("POST", LOGIN, { body: `${secret}` });
      await http.send("POST", LOGIN, { body: JSON.stringify(login), headers: { "Content-Type": "text/plain" } });
      await http.send("POST", "/api/v2/auth/refresh", { body: { refresh_token: secret } });
      await http.send("POST", "/api/failing", { body: { password: secret } });
    }
    const text = await logged();
    expect(text.split("\n").length).to.be.above(40);
    for (const secret of [token, bad, DEMO_API_KEY, PASSWORD]) {
      expect(text).not.to.contain(secret).and.not.contain(encodeURIComponent(secret));
    }
  });

  it("never holds what login gives out", async () => {
    const { json } = await http.send("POST", LOGIN, { body: { phone: "+966500000001", password: "password123" } });
    const renewed = await http.send("POST", "/api/v2/auth/refresh", { body: { refresh_token: json.refresh_token } });
    const given = [json.access_token, json.refresh_token, renewed.json.access_token, renewed.json.refresh_token];
    const text = await logged();
    for (const secret of [...given, "password123"]) expect(text).not.to.contain(String(secret));
  });
});
