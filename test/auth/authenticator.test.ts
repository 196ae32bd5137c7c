import { createHash } from "node:crypto";
import { expect } from "chai";
import { DEMO_API_KEY } from "../../src/apps/demo-users.ts";
import { Refusal } from "../../src/hub/disconnects.ts";
import { ANONYMOUS, type CredentialKind } from "../../src/hub/identity.ts";
import { bearer, type HttpTest, startHttp } from "../support/http-server.ts";

describe("the authenticator", () => {
  let http: HttpTest;
  before(async () => {
    http = await startHttp();
  });
  after(() => http.stop());

  async function refusal(kind: CredentialKind, credential: string | undefined): Promise<string> {
    const outcome: unknown = await http.auth.authenticator.authenticate(kind, credential).catch((thrown) => thrown);
    expect(outcome).to.be.instanceOf(Refusal);
    return (outcome as Refusal).disconnect;
  }

  it("takes everybody where no credential is asked for, whatever is sent along", async () => {
    expect(await http.auth.authenticator.authenticate("none", undefined)).to.equal(ANONYMOUS);
    expect(await http.auth.authenticator.authenticate("none", "rubbish")).to.equal(ANONYMOUS);
  });

  it("tells a missing credential from a bad one", async () => {
    for (const kind of ["jwt", "apiKey", "wsToken"] as const) {
      expect(await refusal(kind, undefined)).to.equal("authentication_required");
      expect(await refusal(kind, "")).to.equal("authentication_required");
    }
    expect(await refusal("jwt", "bad")).to.equal("invalid_token");
    expect(await refusal("apiKey", "bad")).to.equal("invalid_api_key");
    expect(await refusal("wsToken", "bad")).to.equal("invalid_token");
  });

  it("knows the holder of a JWT", async () => {
    const identity = await http.auth.authenticator.authenticate("jwt", await http.token({ sub: "u", role: "admin" }));
    expect(identity).to.include({ userId: "u", role: "admin" });
  });

  it("knows an API key by its name, and identifies it by its hash", async () => {
    expect(await http.auth.authenticator.authenticate("apiKey", DEMO_API_KEY)).to.deep.equal({
      userId: "demo",
      role: undefined,
      email: undefined,
      credentialId: createHash("sha256").update(DEMO_API_KEY).digest("hex"),
      expiresAt: undefined,
    });
  });

  it("knows the holder of a ws token", async () => {
    const headers = bearer(await http.token({ sub: "parker", role: "operator" }));
    const { json } = await http.send("GET", "/api/user/ws-token", { headers });
    const identity = await http.auth.authenticator.authenticate("wsToken", String(json.ws_token));
    expect(identity).to.include({ userId: "parker", role: "operator" });
  });

  it("does not take one kind of credential for another", async () => {
    expect(await refusal("apiKey", await http.token())).to.equal("invalid_api_key");
    expect(await refusal("jwt", DEMO_API_KEY)).to.equal("invalid_token");
    expect(await refusal("wsToken", await http.token())).to.equal("invalid_token");
  });
});
