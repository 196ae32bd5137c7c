import { createHash } from "node:crypto";
import { expect } from "chai";
import { decodeJwt } from "jose";
import { openCollections, sweep } from "../../src/auth/collections.ts";
import { type ExpiringValues, localExpiringValues } from "../../src/auth/expiring-values.ts";
import { createLogout } from "../../src/auth/service.ts";
import { createSessions } from "../../src/auth/sessions.ts";
import { Refusal } from "../../src/hub/disconnects.ts";
import { ANONYMOUS, type Identity } from "../../src/hub/identity.ts";
import { type Answer, bearer, type HttpTest, startHttp, temporaryStore } from "../support/http-server.ts";
import { ManualClock } from "../support/manual-clock.ts";

const ROUTE = "/api/user/ws-token/";
const MINUTE_MS = 60_000;

/** What was kept, as whoever reads the memory or the Redis of the hub would see it. */
interface Kept {
  readonly key: string;
  readonly value: string;
  readonly ttlMs: number;
}

function watched(values: ExpiringValues): ExpiringValues & { readonly kept: Kept[] } {
  const kept: Kept[] = [];
  return {
    kept,
    get: (key) => values.get(key),
    set(key, value, ttlMs) {
      kept.push({ key, value, ttlMs });
      return values.set(key, value, ttlMs);
    },
  };
}

describe("GET /api/user/ws-token/", () => {
  let http: HttpTest;
  beforeEach(async () => {
    http = await startHttp();
  });
  afterEach(() => http.stop());

  const ask = (jwt: string, path = ROUTE): Promise<Answer> => http.send("GET", path, { headers: bearer(jwt) });
  const issue = async (jwt: string): Promise<string> => String((await ask(jwt)).json.ws_token);
  const verify = (token: string): Promise<Identity> => http.auth.authenticator.authenticate("wsToken", token);
  const isGood = (token: string): Promise<boolean> =>
    verify(token).then(
      () => true,
      (thrown: unknown) => {
        expect(thrown).to.be.instanceOf(Refusal).and.include({ disconnect: "invalid_token" });
        return false;
      },
    );

  it("gives a signed-in user 256 random bits in base64url and says that they last 1800 seconds", async () => {
    const jwt = await http.token();
    const { status, json } = await ask(jwt);
    expect(status).to.equal(200);
    expect(json).to.have.all.keys("ws_token", "expires_in");
    expect(json.expires_in).to.equal(1800);
    expect(json.ws_token).to.match(/^[\w-]{43}$/);
    const others = await Promise.all(Array.from({ length: 20 }, () => issue(jwt)));
    expect(new Set([json.ws_token, ...others]).size).to.equal(21);
  });

  it("is also there without the slash, and must not be cached", async () => {
    const { status, headers } = await ask(await http.token(), "/api/user/ws-token");
    expect(status).to.equal(200);
    expect(headers.get("Cache-Control")).to.equal("no-store");
  });

  it("is for nobody without a good access token; a ws token is none", async () => {
    expect((await http.send("GET", ROUTE)).status).to.equal(401);
    expect((await ask("rubbish")).status).to.equal(401);
    expect((await ask(await issue(await http.token()))).status).to.equal(401);
  });

  it("gives a token that stands for the user and never ends a connection by itself", async () => {
    const jwt = await http.token({ sub: "parker", role: "operator", email: "p@example.com", jti: "j" });
    expect(await verify(await issue(jwt))).to.deep.equal({
      userId: "parker",
      role: "operator",
      email: "p@example.com",
      credentialId: "j",
      expiresAt: undefined,
    });
    const { email } = await verify(await issue(await http.token({ sub: "parker" })));
    expect(email).to.equal(undefined);
  });

  it("gives a token that is good for 30 minutes, as often as it is used, whenever the access token expires", async () => {
    const token = await issue(await http.token({ exp: Math.floor(http.clock.now() / 1000) + 60 }));
    expect([await isGood(token), await isGood(token)]).to.eql([true, true]);
    http.clock.advance(30 * MINUTE_MS - 1);
    expect(await isGood(token)).to.equal(true);
    http.clock.advance(1);
    expect(await isGood(token)).to.equal(false);
  });

  it("gives every request a token of its own, each with its own time", async () => {
    const exp = Math.floor(http.clock.now() / 1000) + 3600;
    const first = await issue(await http.token({ exp }));
    http.clock.advance(20 * MINUTE_MS);
    const second = await issue(await http.token({ exp }));
    http.clock.advance(15 * MINUTE_MS);
    expect([await isGood(first), await isGood(second)]).to.eql([false, true]);
  });

  it("knows no token that it has not given, be it ever so long", async () => {
    for (const token of ["x", `${await issue(await http.token())}x`, "x".repeat(10_000), "漢"]) {
      expect(await isGood(token), token.slice(0, 50)).to.equal(false);
    }
  });

  describe("once the access token is logged out", () => {
    const logout = (jwt: string): Promise<Answer> => http.send("POST", "/api/v2/auth/logout", { headers: bearer(jwt) });

    it("has given tokens that are no longer good, and whose sockets are closed with the others", async () => {
      const jwt = await http.token({ jti: "gone" });
      const token = await issue(jwt);
      const kept = await issue(await http.token({ jti: "kept" }));
      await logout(jwt);
      expect([await isGood(token), await isGood(kept)]).to.eql([false, true]);
      expect(http.revoked).to.eql([decodeJwt(jwt).jti]);
    });
  });
});

describe("the revocation of an access token", () => {
  it("outlives it by what a ws token may", async () => {
    const { store, remove } = await temporaryStore();
    const clock = new ManualClock();
    const collections = await openCollections(store);
    const { revocations } = collections;
    const sessions = createSessions(collections.sessions, clock);
    const logout = createLogout({ revocations, sessions, clock, onRevoked: () => {} });
    const left = (): Promise<number> => revocations.count("byExpiry", {});

    await logout({ ...ANONYMOUS, credentialId: "short", expiresAt: clock.now() + MINUTE_MS });
    await sweep(collections, clock.now() + 30 * MINUTE_MS - 1);
    expect(await left()).to.equal(1);
    await sweep(collections, clock.now() + 30 * MINUTE_MS);
    expect(await left()).to.equal(0);

    await logout({ ...ANONYMOUS, credentialId: "long", expiresAt: clock.now() + 60 * MINUTE_MS });
    await sweep(collections, clock.now() + 60 * MINUTE_MS - 1);
    expect(await left()).to.equal(1);
    await remove();
  });
});

describe("a ws token at rest", () => {
  it("is its SHA-256 under ws_token_…, for 30 minutes, and nothing that opens anything", async () => {
    const clock = new ManualClock();
    const expiringValues = watched(localExpiringValues(clock));
    const http = await startHttp({ auth: { expiringValues } });
    const jwt = await http.token({ sub: "parker" });
    const { json } = await http.send("GET", ROUTE, { headers: bearer(jwt) });
    const token = String(json.ws_token);
    await http.send("GET", `/healthz?token=${token}`);
    await http.stop();

    const [only, ...more] = expiringValues.kept;
    expect(more).to.eql([]);
    expect(only?.key).to.equal(`ws_token_${createHash("sha256").update(token).digest("hex")}`);
    expect(only?.ttlMs).to.equal(30 * MINUTE_MS);
    expect(only?.value).to.include("parker").and.not.include(token).and.not.include(jwt);
    expect(http.lines.join("")).not.to.include(token);
  });
});
