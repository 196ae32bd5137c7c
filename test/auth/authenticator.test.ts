import { createHash } from "node:crypto";
import { expect } from "chai";
import { DEMO_API_KEY } from "../../src/auth/demo.ts";
import { Refusal } from "../../src/hub/disconnects.ts";
import { ANONYMOUS, type CredentialKind, type Identity } from "../../src/hub/identity.ts";
import { type HttpTest, startHttp } from "../support/http-server.ts";

const holder: Identity = { ...ANONYMOUS, userId: "parker", credentialId: "ws-1" };

describe("the authenticator", () => {
  let http: HttpTest;
  before(async () => {
    http = await startHttp({
      auth: { verifyWsToken: async (token) => (token === "good" ? holder : undefined) },
    });
  });
  after(() => http.stop());

  async function refusal(kind: CredentialKind, credential: string | undefined, from = http): Promise<string> {
    const outcome: unknown = await from.auth.authenticator.authenticate(kind, credential).catch((thrown) => thrown);
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

  it("asks whoever issues ws tokens", async () => {
    expect(await http.auth.authenticator.authenticate("wsToken", "good")).to.equal(holder);
  });

  it("takes no ws token where nobody issues them", async () => {
    const other = await startHttp();
    try {
      expect(await refusal("wsToken", "good", other)).to.equal("invalid_token");
    } finally {
      await other.stop();
    }
  });

  it("does not take one kind of credential for another", async () => {
    expect(await refusal("apiKey", await http.token())).to.equal("invalid_api_key");
    expect(await refusal("jwt", DEMO_API_KEY)).to.equal("invalid_token");
  });
});
