import { createHmac, createSecretKey } from "node:crypto";
import { expect } from "chai";
import { SignJWT } from "jose";
import { ROLES } from "../../src/apps/index.ts";
import { createTokenVerifier, type TokenIdentity } from "../../src/auth/tokens.ts";
import { Refusal } from "../../src/hub/disconnects.ts";
import { HubEvents } from "../../src/hub/events.ts";
import { faultsTo } from "../support/faults.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SECRET = "short";

describe("access tokens of anybody who has the secret", () => {
  const clock = new ManualClock();
  const inTenMinutes = clock.now() / 1000 + 600;
  const verify = createTokenVerifier(
    { signingKey: createSecretKey(Buffer.from(SECRET)), jwksUrl: undefined, roles: ROLES },
    clock,
    faultsTo((where) => expect.fail(where)),
  );

  const claims = { sub: "user-1", role: "technician", email: "t@example.com", exp: inTenMinutes, jti: "token-1" };
  const sign = (payload: Record<string, unknown>, secret = SECRET, alg = "HS256"): Promise<string> =>
    new SignJWT(payload).setProtectedHeader({ alg }).sign(Buffer.from(secret));

  async function expectInvalid(token: string): Promise<void> {
    const outcome: unknown = await verify(token).catch((thrown: unknown) => thrown);
    expect(outcome, token).to.be.instanceOf(Refusal);
    expect((outcome as Refusal).disconnect).to.equal("invalid_token");
  }

  it("become the identity that their claims describe", async () => {
    const expected: TokenIdentity = {
      userId: "user-1",
      role: "technician",
      email: "t@example.com",
      credentialId: "token-1",
      expiresAt: inTenMinutes * 1000,
      family: undefined,
    };
    expect(await verify(await sign(claims))).to.deep.equal(expected);
  });

  it("may lack the role, which makes a customer, and the email", async () => {
    const { role: _role, email: _email, ...rest } = claims;
    expect(await verify(await sign(rest))).to.include({ role: "customer", email: undefined });
  });

  it("may lack the id: what identifies them then is a hash that reveals nothing", async () => {
    const { jti: _jti, ...rest } = claims;
    const token = await sign(rest);
    const { credentialId } = await verify(token);
    expect(credentialId).to.match(/^[0-9a-f]{64}$/);
    expect((await verify(token)).credentialId).to.equal(credentialId);
    expect((await verify(await sign({ ...rest, sub: "user-2" }))).credentialId).not.to.equal(credentialId);
  });

  it("may carry claims that mean nothing here", async () => {
    const token = await sign({ ...claims, iss: "elsewhere", aud: ["x"], email: null, fam: 7, admin: true });
    expect(await verify(token)).to.include({ userId: "user-1", email: undefined, family: undefined });
  });

  for (const [what, change] of [
    ["without exp", { exp: undefined }],
    ["with an exp that is no number", { exp: "tomorrow" }],
    ["with an exp beyond all dates", { exp: 1e300 }],
    ["not yet valid", { nbf: inTenMinutes }],
    ["without sub", { sub: undefined }],
    ["with an empty sub", { sub: "" }],
    ["with a sub that is no string", { sub: 7 }],
    ["with an unknown role", { role: "root" }],
    ["with a role that is a list", { role: ["admin"] }],
    ["with an id that is no string", { jti: { a: 1 } }],
    ["with an id that fills pages", { jti: "x".repeat(300) }],
  ] as const) {
    it(`are invalid ${what}`, async () => {
      // Signed by hand: the library would not sign some of these.
      const payload = JSON.stringify({ ...claims, ...change });
      await expectInvalid(signByHand({ alg: "HS256" }, payload));
    });
  }

  it("are invalid once they have expired, by the clock of the hub", async () => {
    const own = new ManualClock();
    const verifyLater = createTokenVerifier(
      { signingKey: createSecretKey(Buffer.from(SECRET)), jwksUrl: undefined, roles: ROLES },
      own,
      new HubEvents(),
    );
    const token = await sign(claims);
    own.advance(599_999);
    expect(await verifyLater(token)).to.include({ userId: "user-1" });
    own.advance(1);
    const outcome: unknown = await verifyLater(token).catch((thrown: unknown) => thrown);
    expect(outcome).to.include({ disconnect: "invalid_token" });
  });

  it("are invalid when signed with another secret", async () => {
    await expectInvalid(await sign(claims, "another"));
  });

  it("are invalid with any other algorithm, none included", async () => {
    await expectInvalid(await sign(claims, SECRET, "HS512"));
    const unsigned = `${encode(JSON.stringify({ alg: "none" }))}.${encode(JSON.stringify(claims))}.`;
    await expectInvalid(unsigned);
    await expectInvalid(signByHand({ alg: "none" }, JSON.stringify(claims)));
    await expectInvalid(signByHand({ alg: "hs256" }, JSON.stringify(claims)));
    await expectInvalid(signByHand({ alg: ["HS256"] }, JSON.stringify(claims)));
    await expectInvalid(signByHand({}, JSON.stringify(claims)));
  });

  it("are invalid when they demand an extension that nobody knows", async () => {
    await expectInvalid(signByHand({ alg: "HS256", crit: ["x"], x: 1 }, JSON.stringify(claims)));
  });

  it("are invalid when they hold no object of claims", async () => {
    for (const payload of ["", "null", "[]", '"text"', "{", "\u0000"])
      await expectInvalid(signByHand({ alg: "HS256" }, payload));
  });

  it("are invalid when they are no tokens at all", async () => {
    for (const text of ["", ".", "..", "...", "a.b.c", "a.b.c.d.e", "Bearer x", "{}", "é.é.é", "x".repeat(100_000)]) {
      await expectInvalid(text);
    }
  });

  it("are invalid with any one character changed", async () => {
    const token = await sign(claims);
    for (let at = 0; at < token.length - 1; at++) {
      const other = token[at] === "A" ? "B" : "A";
      await expectInvalid(`${token.slice(0, at)}${other}${token.slice(at + 1)}`);
    }
  });

  function signByHand(header: object, payload: string): string {
    const input = `${encode(JSON.stringify(header))}.${encode(payload)}`;
    return `${input}.${createHmac("sha256", SECRET).update(input).digest("base64url")}`;
  }

  function encode(text: string): string {
    return Buffer.from(text).toString("base64url");
  }
});
