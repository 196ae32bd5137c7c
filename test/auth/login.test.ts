import { expect } from "chai";
import { decodeJwt, jwtVerify } from "jose";
import { bearer, type HttpTest, JWT_SECRET, startHttp } from "../support/http-server.ts";

const LOGIN = "/api/v2/auth/login";
const good = { phone: "+966500000001", password: "password123" };

describe("POST /api/v2/auth/login", () => {
  let http: HttpTest;
  beforeEach(async () => {
    http = await startHttp();
  });
  afterEach(() => http.stop());

  it("answers the pair and the user, and nothing else of the user", async () => {
    const { status, headers, json } = await http.send("POST", LOGIN, { body: good });
    expect(status).to.equal(200);
    expect(headers.get("Cache-Control")).to.equal("no-store");
    expect(json).to.have.all.keys("access_token", "token_type", "expires_in", "refresh_token", "user");
    expect(json).to.deep.include({ token_type: "Bearer", expires_in: 1800 });
    expect(json.refresh_token).to.be.a("string").that.is.not.empty;
    expect(json.user).to.have.all.keys("id", "name", "phone", "email", "role");
    expect(json.user).to.deep.include({ phone: good.phone, email: "user@example.com", role: "customer" });
  });

  it("signs an access token of thirty minutes with HS256 and the claims of the contract", async () => {
    const { json } = await http.send("POST", LOGIN, { body: good });
    const { payload, protectedHeader } = await jwtVerify(String(json.access_token), Buffer.from(JWT_SECRET), {
      currentDate: new Date(http.clock.now()),
    });
    expect(protectedHeader.alg).to.equal("HS256");
    expect(payload).to.deep.include({ role: "customer", email: "user@example.com" });
    expect(payload.sub).to.equal((json.user as { id: string }).id);
    expect(payload.exp).to.equal(http.clock.now() / 1000 + 1800);
    expect(payload.jti).to.be.a("string");
  });

  it("gives each login a token id of its own", async () => {
    const first = await http.send("POST", LOGIN, { body: good });
    const second = await http.send("POST", LOGIN, { body: good });
    const jti = (json: Record<string, unknown>) => decodeJwt(String(json.access_token)).jti;
    expect(jti(first.json)).not.to.equal(jti(second.json));
  });

  it("gives a token that the hub accepts", async () => {
    const { json } = await http.send("POST", LOGIN, { body: good });
    const identity = await http.auth.authenticator.authenticate("jwt", String(json.access_token));
    expect(identity).to.include({
      userId: (json.user as { id: string }).id,
      role: "customer",
      email: "user@example.com",
      expiresAt: http.clock.now() + 1_800_000,
    });
  });

  it("does not tell a wrong password from an unknown phone", async () => {
    const wrong = await http.send("POST", LOGIN, { body: { ...good, password: "password124" } });
    const unknown = await http.send("POST", LOGIN, { body: { ...good, phone: "+966599999999" } });
    for (const answer of [wrong, unknown]) {
      expect(answer.status).to.equal(401);
      expect(answer.headers.get("WWW-Authenticate")).to.match(/^Bearer/);
      expect(answer.json).to.deep.include({ code: "unauthenticated", detail: "Wrong phone or password" });
    }
  });

  for (const [what, body] of [
    ["no phone", { password: "password123" }],
    ["no password", { phone: good.phone }],
    ["a phone that is no string", { ...good, phone: 966500000001 }],
    ["a password that is an object", { ...good, password: { $ne: "" } }],
    ["a password of megabytes, which would cost us", { ...good, password: "x".repeat(10_000) }],
  ] as const) {
    it(`refuses ${what} with a 400`, async () => {
      expect((await http.send("POST", LOGIN, { body })).status).to.equal(400);
    });
  }

  describe("the limit of five tries a minute", () => {
    const spend = async (body: object): Promise<void> => {
      for (let tries = 0; tries < 5; tries++) expect((await http.send("POST", LOGIN, { body })).status).to.equal(401);
    };
    const wrong = { ...good, password: "wrong" };

    it("answers the sixth try with 429, even with the right password", async () => {
      await spend(wrong);
      const sixth = await http.send("POST", LOGIN, { body: good });
      expect(sixth.status).to.equal(429);
      expect(sixth.headers.get("Retry-After")).to.equal("60");
      expect(sixth.json).to.include({ code: "rate_limited" });
    });

    it("lets the phone in again when the minute has passed", async () => {
      await spend(wrong);
      http.clock.advance(60_000);
      expect((await http.send("POST", LOGIN, { body: good })).status).to.equal(200);
    });

    it("counts each phone for itself", async () => {
      await spend(wrong);
      const other = await http.send("POST", LOGIN, { body: { ...good, phone: "+966500000002" } });
      expect(other.status).to.equal(200);
    });

    it("counts unknown phones too, so that it does not tell which exist", async () => {
      await spend({ ...wrong, phone: "+966599999999" });
      const sixth = await http.send("POST", LOGIN, { body: { ...wrong, phone: "+966599999999" } });
      expect(sixth.status).to.equal(429);
    });

    it("does not believe an X-Forwarded-For that no trusted proxy wrote", async () => {
      await spend(wrong);
      const sixth = await http.send("POST", LOGIN, { body: good, headers: { "X-Forwarded-For": "203.0.113.9" } });
      expect(sixth.status).to.equal(429);
    });
  });

  it("counts the clients of a trusted proxy by their own addresses", async () => {
    const behindProxy = await startHttp({ trustedProxies: "loopback" });
    try {
      const from = (address: string) =>
        behindProxy.send("POST", LOGIN, { body: good, headers: { "X-Forwarded-For": address } });
      for (let tries = 0; tries < 5; tries++) expect((await from("203.0.113.9")).status).to.equal(200);
      expect((await from("203.0.113.9")).status).to.equal(429);
      expect((await from("203.0.113.10")).status).to.equal(200);
    } finally {
      await behindProxy.stop();
    }
  });

  it("is open to whoever sends an old token along", async () => {
    const answer = await http.send("POST", LOGIN, { body: good, headers: bearer("no.good.token") });
    expect(answer.status).to.equal(200);
  });
});
