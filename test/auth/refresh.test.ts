import { expect } from "chai";
import { type Answer, type HttpTest, startHttp } from "../support/http-server.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("POST /api/v2/auth/refresh", () => {
  let http: HttpTest;
  beforeEach(async () => {
    http = await startHttp();
  });
  afterEach(() => http.stop());

  const login = async (): Promise<string> => {
    const body = { phone: "+966500000003", password: "password123" };
    return String((await http.send("POST", "/api/v2/auth/login", { body })).json.refresh_token);
  };
  const refresh = (token: unknown): Promise<Answer> =>
    http.send("POST", "/api/v2/auth/refresh", { body: { refresh_token: token } });

  it("answers a new pair for the same user", async () => {
    const old = await login();
    http.clock.advance(31 * 60_000);
    const { status, json } = await refresh(old);
    expect(status).to.equal(200);
    expect(json).to.have.all.keys("access_token", "token_type", "expires_in", "refresh_token");
    expect(json).to.deep.include({ token_type: "Bearer", expires_in: 1800 });
    expect(json.refresh_token).not.to.equal(old);
    const identity = await http.auth.authenticator.authenticate("jwt", String(json.access_token));
    expect(identity).to.include({ role: "operator", email: "operator@example.com" });
  });

  it("goes on from token to token", async () => {
    let token: unknown = await login();
    for (let turn = 0; turn < 4; turn++) {
      const answer = await refresh(token);
      expect(answer.status).to.equal(200);
      token = answer.json.refresh_token;
    }
  });

  it("refuses the old token", async () => {
    const old = await login();
    await refresh(old);
    const again = await refresh(old);
    expect(again.status).to.equal(401);
    expect(again.json).to.deep.include({ code: "unauthenticated", detail: "Invalid refresh token" });
  });

  it("kills the whole family when a used token comes again", async () => {
    const stolen = await login();
    const second = await refresh(stolen);
    const third = await refresh(second.json.refresh_token);
    expect((await refresh(stolen)).status).to.equal(401);
    expect((await refresh(third.json.refresh_token)).status).to.equal(401);
  });

  it("leaves the other sessions of the user alone then", async () => {
    const stolen = await login();
    const other = await login();
    await refresh(stolen);
    await refresh(stolen);
    expect((await refresh(other)).status).to.equal(200);
  });

  it("lets one of two concurrent uses win and takes the other for a reuse", async () => {
    const token = await login();
    const answers = await Promise.all([refresh(token), refresh(token)]);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 401]);
    const won = answers.find(({ status }) => status === 200);
    expect((await refresh(won?.json.refresh_token)).status).to.equal(401);
  });

  it("lets a token live for thirty days", async () => {
    const kept = await login();
    const expired = await login();
    http.clock.advance(30 * DAY_MS - 1);
    expect((await refresh(kept)).status).to.equal(200);
    http.clock.advance(1);
    expect((await refresh(expired)).status).to.equal(401);
  });

  it("starts the thirty days anew with each rotation", async () => {
    let token: unknown = await login();
    for (let turn = 0; turn < 3; turn++) {
      http.clock.advance(20 * DAY_MS);
      const answer = await refresh(token);
      expect(answer.status).to.equal(200);
      token = answer.json.refresh_token;
    }
  });

  for (const [what, token] of [
    ["a token that never was", "abc.def"],
    ["a token without its separator", "abcdef"],
    ["a token that is only a separator", "."],
  ] as const) {
    it(`refuses ${what} with a 401`, async () => {
      expect((await refresh(token)).status).to.equal(401);
    });
  }

  it("refuses an access token", async () => {
    expect((await refresh(await http.token())).status).to.equal(401);
  });

  it("answers a missing or empty token with a 400", async () => {
    expect((await refresh(undefined)).status).to.equal(400);
    expect((await refresh("")).status).to.equal(400);
    expect((await refresh(7)).status).to.equal(400);
  });
});
