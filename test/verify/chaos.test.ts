import { expect } from "chai";
import { startVerifier, type Verifier } from "./verifier.ts";

describe("npm run verify -- --chaos", function () {
  this.timeout(180_000);
  let verifier: Verifier;
  afterEach(async () => {
    verifier.interrupt();
    await verifier.ended;
  });

  it("finds nothing lost, doubled or out of order while workers are killed and Redis is lost", async () => {
    const flags = ["--minutes", "1", "--workers", "4", "--subscribers", "400", "--rate", "60"];
    verifier = startVerifier("--chaos", ...flags);
    const { code, output } = await verifier.ended;
    expect(output.match(/killed w\d/g) ?? [], output).to.have.length.above(2);
    expect(output).to.contain("killed Redis");
    expect(output).to.contain("Every promise was kept.");
    expect(code).to.equal(0);
  });
});
