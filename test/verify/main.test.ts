import { expect } from "chai";
import { startHub, type TestHub } from "../support/hub.ts";
import { startVerifier } from "./verifier.ts";

describe("npm run verify", () => {
  it("explains itself", async () => {
    const { code, output } = await startVerifier("--help").ended;
    expect(code).to.equal(0);
    for (const flag of ["--url", "--minutes", "--subscribers", "--rate", "--chaos", "--workers", "--jwt-secret"]) {
      expect(output).to.contain(flag);
    }
  });

  const wrong: [string[], RegExp][] = [
    [["--minutes", "long"], /--minutes must be a number/],
    [["--subscribers", "3"], /--subscribers must be a number from 20 up/],
    [["--chaos", "--minutes", "0.1"], /at least half a minute/],
    [["--url", "http://127.0.0.1:9"], /No deployment answers/],
    [["--url", "http://127.0.0.1:9", "--workers", "2"], /--workers is for/],
    [["--url", "http://hub.example.com", "--chaos"], /not on this machine/],
    [["--wrong"], /--wrong/],
  ];
  for (const [args, reason] of wrong) {
    it(`refuses ${args.join(" ")} with the reason`, async () => {
      const { code, output } = await startVerifier(...args).ended;
      expect(code).to.equal(1);
      expect(output).to.match(reason);
    });
  }

  describe("on a deployment that runs", () => {
    let hub: TestHub;
    before(async () => {
      hub = await startHub();
    });
    after(() => hub.stop());

    it("finds every promise kept, as the demo users", async () => {
      const flags = ["--minutes", "0.05", "--subscribers", "40", "--rate", "40"];
      const { code, output } = await startVerifier("--url", hub.url, ...flags).ended;
      expect(output).to.contain("Every promise was kept.");
      expect(output).to.match(/^log .*\nlatest .*\nvolatile /m);
      expect(code).to.equal(0);
    }).timeout(60_000);

    it("does not hurt what is no cluster", async () => {
      const { code, output } = await startVerifier("--url", hub.url, "--chaos").ended;
      expect(code).to.equal(1);
      expect(output).to.contain("no cluster runs with the data folder");
    });
  });
});
