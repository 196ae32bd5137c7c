import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { expect } from "chai";
import { resolveSecrets, type SecretSettings } from "../../src/auth/secrets.ts";

describe("the secrets that tokens are signed and checked with", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = path.join(await mkdtemp(path.join(tmpdir(), "junction-secrets-")), "data");
  });
  afterEach(() => rm(path.dirname(dataDir), { recursive: true, force: true }));

  const resolve = (settings: Partial<SecretSettings>) =>
    resolveSecrets({ nodeEnv: undefined, jwtSecret: undefined, jwksUrl: undefined, dataDir, ...settings });
  const failure = (settings: Partial<SecretSettings>): Promise<string> =>
    resolve(settings).then(
      () => expect.fail("resolved"),
      (error: Error) => error.message,
    );
  const bytes = async (settings: Partial<SecretSettings> = {}): Promise<string | undefined> =>
    (await resolve(settings)).signingKey?.export().toString();
  const long = "0123456789abcdef0123456789abcdef";

  describe("in production", () => {
    const nodeEnv = "production";

    it("must be given: the error names both ways and how to make a secret", async () => {
      expect(await failure({ nodeEnv }))
        .to.contain("JWT_SECRET")
        .and.contain("JWKS_URL")
        .and.contain("openssl rand");
      expect(await failure({ nodeEnv, jwtSecret: "" })).to.contain("JWT_SECRET");
    });

    it("are refused when too short, without being repeated", async () => {
      const jwtSecret = long.slice(1);
      expect(await failure({ nodeEnv, jwtSecret }))
        .to.contain("32 bytes")
        .and.not.contain(jwtSecret);
      expect(await failure({ nodeEnv, jwtSecret, jwksUrl: "https://login.example.com/jwks" })).to.contain("32 bytes");
    });

    it("are taken as given", async () => {
      expect(await bytes({ nodeEnv, jwtSecret: long })).to.equal(long);
      expect(await resolve({ nodeEnv, jwksUrl: "https://login.example.com/jwks" })).to.deep.equal({
        signingKey: undefined,
        jwksUrl: new URL("https://login.example.com/jwks"),
      });
    });

    it("leave nothing in the data folder", async () => {
      await resolve({ nodeEnv, jwtSecret: long });
      await failure({ nodeEnv });
      expect(await readdir(path.dirname(dataDir))).to.deep.equal([]);
    });
  });

  describe("in development", () => {
    it("may be as short as one likes", async () => {
      expect(await bytes({ jwtSecret: "x" })).to.equal("x");
      expect(await bytes({ nodeEnv: "test", jwtSecret: "secret" })).to.equal("secret");
    });

    it("are made once, and kept where only the owner can read them", async () => {
      const first = await bytes();
      expect(first).to.have.length.at.least(32);
      expect(await bytes()).to.equal(first);
      const file = path.join(dataDir, "jwt-secret");
      expect((await readFile(file, "utf8")).trim()).to.equal(first);
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
    });

    it("are the same for all workers that start at once", async () => {
      const found = await Promise.all(Array.from({ length: 20 }, () => bytes()));
      expect(new Set(found).size).to.equal(1);
      expect(await readdir(dataDir)).to.deep.equal(["jwt-secret"]);
    });

    it("are not guessed at when the kept one is damaged", async () => {
      await bytes();
      await writeFile(path.join(dataDir, "jwt-secret"), "");
      expect(await failure({})).to.contain("jwt-secret is damaged");
    });

    it("are not made up beside a JWKS", async () => {
      expect(await bytes({ jwksUrl: "http://127.0.0.1:1/jwks" })).to.equal(undefined);
    });
  });

  it("want an http address for the JWKS, and do not repeat one that may hold a password", async () => {
    for (const jwksUrl of ["nonsense hunter2", "ftp://user:hunter2@example.com"]) {
      expect(await failure({ jwksUrl }))
        .to.contain("JWKS_URL")
        .and.not.contain("hunter2");
    }
  });

  it("do not show when they are printed", async () => {
    const secrets = await resolve({ jwtSecret: long });
    expect(inspect(secrets, { depth: 9 }) + JSON.stringify(secrets)).not.to.contain(long);
  });
});
