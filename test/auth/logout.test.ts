import { expect } from "chai";
import { decodeJwt } from "jose";
import { Refusal } from "../../src/hub/disconnects.ts";
import { type Answer, bearer, type HttpTest, startHttp } from "../support/http-server.ts";

describe("POST /api/v2/auth/logout", () => {
  let http: HttpTest;
  beforeEach(async () => {
    http = await startHttp();
  });
  afterEach(() => http.stop());

  const login = async (): Promise<{ access: string; refresh: string }> => {
    const body = { phone: "+966500000001", password: "password123" };
    const { json } = await http.send("POST", "/api/v2/auth/login", { body });
    return { access: String(json.access_token), refresh: String(json.refresh_token) };
  };
  const logout = (token: string): Promise<Answer> =>
    http.send("POST", "/api/v2/auth/logout", { headers: bearer(token) });
  const refusalOf = (token: string): Promise<unknown> =>
    http.auth.authenticator.authenticate("jwt", token).catch((thrown: unknown) => thrown);

  it("answers 204 without a body, with or without one sent", async () => {
    const { access } = await login();
    const answer = await logout(access);
    expect(answer.status).to.equal(204);
    expect(answer.text).to.equal("");
    const other = await login();
    const withBody = await http.send("POST", "/api/v2/auth/logout", { headers: bearer(other.access), body: {} });
    expect(withBody.status).to.equal(204);
  });

  it("makes the access token an invalid one", async () => {
    const { access } = await login();
    await logout(access);
    const refusal = await refusalOf(access);
    expect(refusal).to.be.instanceOf(Refusal);
    expect(refusal).to.include({ disconnect: "invalid_token", message: "Invalid Token" });
    const again = await logout(access);
    expect(again.status).to.equal(401);
    expect(again.headers.get("WWW-Authenticate")).to.contain('error="invalid_token"');
  });

  it("ends the session: its refresh token is dead", async () => {
    const { access, refresh } = await login();
    await logout(access);
    const answer = await http.send("POST", "/api/v2/auth/refresh", { body: { refresh_token: refresh } });
    expect(answer.status).to.equal(401);
  });

  it("ends the session by a refreshed access token too", async () => {
    const first = await login();
    const { json } = await http.send("POST", "/api/v2/auth/refresh", { body: { refresh_token: first.refresh } });
    await logout(String(json.access_token));
    const answer = await http.send("POST", "/api/v2/auth/refresh", { body: { refresh_token: json.refresh_token } });
    expect(answer.status).to.equal(401);
  });

  it("has the sockets of exactly that token closed", async () => {
    const { access } = await login();
    await login();
    await logout(access);
    expect(http.revoked).to.deep.equal([decodeJwt(access).jti]);
  });

  it("leaves the user's other sessions alone", async () => {
    const gone = await login();
    const kept = await login();
    await logout(gone.access);
    expect(await refusalOf(kept.access)).to.include({ role: "customer" });
    const answer = await http.send("POST", "/api/v2/auth/refresh", { body: { refresh_token: kept.refresh } });
    expect(answer.status).to.equal(200);
  });

  it("takes tokens of others who have the secret, with or without a jti", async () => {
    for (const jti of [undefined, "from-elsewhere", "漢".repeat(256), "\ud800", "a\u0000b"]) {
      const token = await http.token({ sub: "no record of me", jti });
      expect(await refusalOf(token)).to.include({ userId: "no record of me" });
      expect((await logout(token)).status).to.equal(204);
      expect(await refusalOf(token)).to.include({ disconnect: "invalid_token" });
    }
    expect(http.revoked).to.have.length(5).and.include("from-elsewhere");
  });

  it("is one success for two logouts at once, or a refusal for the later", async () => {
    const { access } = await login();
    const statuses = (await Promise.all([logout(access), logout(access)])).map(({ status }) => status);
    expect(statuses).to.include(204);
    expect(statuses.every((status) => status === 204 || status === 401)).to.equal(true);
  });

  it("wants a token", async () => {
    const answer = await http.send("POST", "/api/v2/auth/logout");
    expect(answer.status).to.equal(401);
    expect(answer.headers.get("WWW-Authenticate")).to.equal('Bearer realm="junction"');
    expect(answer.json).to.include({ detail: "Authentication Required" });
  });
});
