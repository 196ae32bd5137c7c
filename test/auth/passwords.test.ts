import { parseOptions } from "@node-rs/argon2";
import { expect } from "chai";
import { hashPassword, NOBODYS_HASH, verifyPassword } from "../../src/auth/passwords.ts";

describe("passwords", () => {
  it("are hashed with argon2id at the cost that OWASP names", async () => {
    const hash = await hashPassword("password123");
    expect(hash).to.match(/^\$argon2id\$/);
    expect(parseOptions(hash)).to.include({ memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 });
  });

  it("are salted", async () => {
    expect(await hashPassword("same")).not.to.equal(await hashPassword("same"));
  });

  it("are recognised, and nothing else is", async () => {
    const hash = await hashPassword("pässword");
    expect(await verifyPassword(hash, "pässword")).to.equal(true);
    expect(await verifyPassword(hash, "password")).to.equal(false);
    expect(await verifyPassword(hash, "")).to.equal(false);
  });

  it("of nobody never match, and cost what any other costs", async () => {
    expect(await verifyPassword(undefined, "password123")).to.equal(false);
    expect(parseOptions(NOBODYS_HASH)).to.deep.equal(parseOptions(await hashPassword("any")));
  });
});
