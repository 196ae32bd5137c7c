import { expect } from "chai";
import { HubError } from "../../src/hub/errors.ts";
import { type HttpTest, startHttp } from "../support/http-server.ts";

describe("health", () => {
  let http: HttpTest;
  let storeFails: Error | undefined;
  let hang: { asked: () => void } | undefined;
  before(async () => {
    http = await startHttp({
      checks: [
        { name: "worker", check: () => {} },
        {
          name: "store",
          check: () => {
            if (storeFails) throw storeFails;
          },
        },
        {
          name: "redis",
          check: async () => {
            if (!hang) return;
            hang.asked();
            await new Promise(() => {});
          },
        },
      ],
    });
  });
  after(() => http.stop());
  afterEach(() => {
    storeFails = undefined;
    hang = undefined;
  });

  it("GET /healthz says that the process serves, and which it is", async () => {
    storeFails = new Error("down");
    const { status, json } = await http.send("GET", "/healthz");
    expect(status).to.equal(200);
    expect(json).to.deep.equal({ status: "ok", worker: "w1", pid: process.pid });
  });

  it("GET /readyz is 200 when every check passes", async () => {
    const { status, json } = await http.send("GET", "/readyz");
    expect(status).to.equal(200);
    expect(json).to.deep.equal({ status: "ready", reasons: [] });
  });

  it("GET /readyz is 503 with the reasons that are meant to be shown", async () => {
    storeFails = new HubError("unavailable", "The database does not answer");
    const { status, json, headers } = await http.send("GET", "/readyz");
    expect(status).to.equal(503);
    expect(headers.get("Retry-After")).to.equal("5");
    expect(json).to.deep.equal({ status: "unavailable", reasons: ["store: The database does not answer"] });
  });

  it("GET /readyz does not show the text of other errors", async () => {
    storeFails = new Error("mongodb://admin:hunter2@db refused");
    const { status, text, json } = await http.send("GET", "/readyz");
    expect(status).to.equal(503);
    expect(json.reasons).to.deep.equal(["store: Internal error"]);
    expect(text).not.to.contain("hunter2");
  });

  it("GET /readyz does not wait longer than two seconds for a check", async () => {
    const asked = new Promise<void>((resolve) => {
      hang = { asked: resolve };
    });
    const answer = http.send("GET", "/readyz");
    await asked;
    http.clock.advance(2_000);
    expect(await answer).to.deep.include({
      status: 503,
      json: { status: "unavailable", reasons: ["redis: No answer"] },
    });
  });

  it("leaves no timers behind", async () => {
    const before = http.clock.pending;
    await http.send("GET", "/readyz");
    expect(http.clock.pending).to.equal(before);
  });
});
