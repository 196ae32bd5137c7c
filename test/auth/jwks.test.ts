import { createSecretKey } from "node:crypto";
import { expect } from "chai";
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import { ROLES } from "../../src/apps/index.ts";
import { createTokenVerifier, type TokenVerifier } from "../../src/auth/tokens.ts";
import { faultsTo } from "../support/faults.ts";
import { bearer, listen, startHttp } from "../support/http-server.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("access tokens of an identity provider with a JWKS", () => {
  const clock = new ManualClock();
  const claims = { sub: "user-1", role: "admin", exp: clock.now() / 1000 + 600, jti: "token-1" };
  const secret = "a secret beside the published keys";
  type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
  let rsa: Pair;
  let ec: Pair;
  let provider: Awaited<ReturnType<typeof listen>>;
  let jwksUrl: URL;
  let faults: string[];

  before(async () => {
    rsa = await generateKeyPair("RS256", { extractable: true });
    ec = await generateKeyPair("ES256", { extractable: true });
    const keys: JWK[] = [
      { ...(await exportJWK(rsa.publicKey)), kid: "rsa-1", alg: "RS256", use: "sig" },
      { ...(await exportJWK(ec.publicKey)), kid: "ec-1", alg: "ES256", use: "sig" },
    ];
    provider = await listen((request, response) => {
      response.statusCode = request.url === "/jwks.json" ? 200 : 500;
      response.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys }));
    });
    jwksUrl = new URL("/jwks.json", provider.url);
  });
  after(() => provider.close());

  function verifier(url: URL, signingKey?: string): TokenVerifier {
    faults = [];
    return createTokenVerifier(
      {
        signingKey: signingKey === undefined ? undefined : createSecretKey(Buffer.from(signingKey)),
        jwksUrl: url,
        roles: ROLES,
      },
      clock,
      faultsTo((where) => faults.push(where)),
    );
  }

  const sign = (
    alg: string,
    kid: string,
    key: Pair["privateKey"] | Uint8Array,
    payload: object = claims,
  ): Promise<string> => new SignJWT({ ...payload }).setProtectedHeader({ alg, kid }).sign(key);
  const outcome = (verify: TokenVerifier, token: string): Promise<unknown> =>
    verify(token).catch((thrown: unknown) => thrown);

  it("are accepted with any of its keys", async () => {
    const verify = verifier(jwksUrl);
    for (const token of [await sign("RS256", "rsa-1", rsa.privateKey), await sign("ES256", "ec-1", ec.privateKey)]) {
      expect(await verify(token)).to.include({ userId: "user-1", role: "admin", credentialId: "token-1" });
    }
  });

  it("are held to the same claims as any others", async () => {
    const verify = verifier(jwksUrl);
    const token = await sign("RS256", "rsa-1", rsa.privateKey, { ...claims, exp: undefined });
    expect(await outcome(verify, token)).to.include({ disconnect: "invalid_token" });
  });

  it("are invalid with a key that is not published", async () => {
    const verify = verifier(jwksUrl);
    const stranger = await generateKeyPair("RS256");
    const posing = await sign("RS256", "rsa-1", stranger.privateKey);
    const unknown = await sign("RS256", "rsa-2", stranger.privateKey);
    expect(await outcome(verify, posing)).to.include({ disconnect: "invalid_token" });
    expect(await outcome(verify, unknown)).to.include({ disconnect: "invalid_token" });
  });

  it("are invalid when a published key was used as a shared secret", async () => {
    const published = Buffer.from(await exportSPKI(rsa.publicKey));
    const token = await sign("HS256", "rsa-1", published);
    expect(await outcome(verifier(jwksUrl), token)).to.include({ disconnect: "invalid_token" });
    expect(await outcome(verifier(jwksUrl, secret), token)).to.include({ disconnect: "invalid_token" });
  });

  it("are invalid without a signature", async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${part({ alg: "none", kid: "rsa-1" })}.${part(claims)}.`;
    expect(await outcome(verifier(jwksUrl), token)).to.include({ disconnect: "invalid_token" });
  });

  it("are accepted beside our own where both a secret and a JWKS are set", async () => {
    const verify = verifier(jwksUrl, secret);
    const own = await sign("HS256", "", Buffer.from(secret));
    const theirs = await sign("RS256", "rsa-1", rsa.privateKey);
    expect(await verify(own)).to.include({ userId: "user-1" });
    expect(await verify(theirs)).to.include({ userId: "user-1" });
  });

  it("are neither good nor bad while the keys cannot be had: the answer is to try again, and the log hears of it", async () => {
    const closed = await listen(() => {});
    await closed.close();
    const token = await sign("RS256", "rsa-1", rsa.privateKey);
    for (const url of [new URL("/jwks.json", closed.url), new URL("/broken", provider.url)]) {
      const verify = verifier(url);
      expect(await outcome(verify, token)).to.include({ name: "HubError", code: "unavailable" });
      expect(faults).to.deep.equal(["fetching the keys at JWKS_URL"]);
    }
  });

  it("sign people in elsewhere: without a secret there is no login here, but there is a logout", async () => {
    const http = await startHttp({ auth: { secrets: { signingKey: undefined, jwksUrl } } });
    try {
      const token = await sign("RS256", "rsa-1", rsa.privateKey, { ...claims, exp: http.clock.now() / 1000 + 600 });
      const body = { phone: "+966500000001", password: "password123" };
      expect((await http.send("POST", "/api/v2/auth/login", { body })).status).to.equal(404);
      expect((await http.send("POST", "/api/v2/auth/logout", { headers: bearer(token) })).status).to.equal(204);
      expect((await http.send("POST", "/api/v2/auth/logout", { headers: bearer(token) })).status).to.equal(401);
      expect(http.revoked).to.deep.equal(["token-1"]);
    } finally {
      await http.stop();
    }
  });
});
