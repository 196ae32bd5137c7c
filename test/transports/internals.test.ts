import { expect } from "chai";
import { checkInternals } from "../../src/transports/internals.ts";

describe("the private parts that the transports rest on", () => {
  it("exist in the installed versions", () => {
    expect(() => checkInternals()).not.to.throw();
  });

  it("are named with their package and its version when an upgrade has removed one", () => {
    const gone = [["ws", "Sender.frame", () => false]] as const;
    expect(() => checkInternals(gone)).to.throw(/^ws 8\.\d+\.\d+ has no Sender\.frame, .*npm ci/);
  });
});
