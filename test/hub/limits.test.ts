import { expect } from "chai";
import { localLimits } from "../../src/hub/limits.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("the limits of one process", () => {
  let clock: ManualClock;
  let limits: ReturnType<typeof localLimits>;
  beforeEach(() => {
    clock = new ManualClock();
    limits = localLimits(clock);
  });

  describe("places", () => {
    it("are given up to the most there are, by key", async () => {
      for (let i = 0; i < 3; i++) expect(await limits.take("a", 3)).to.be.a("function");
      expect(await limits.take("a", 3)).to.equal(undefined);
      expect(await limits.take("b", 3)).to.be.a("function");
    });

    it("are free again once given back, each once", async () => {
      const first = await limits.take("a", 2);
      await limits.take("a", 2);
      first?.();
      first?.();
      expect(await limits.take("a", 2)).to.be.a("function");
      expect(await limits.take("a", 2)).to.equal(undefined);
    });

    it("are not confused with counts, nor with what every object has", async () => {
      limits.count("a");
      expect(await limits.take("a", 1)).to.be.a("function");
      expect(await limits.take("__proto__", 1)).to.be.a("function");
      expect(await limits.take("__proto__", 1)).to.equal(undefined);
    });

    it("are none where the most is none", async () => {
      expect(await limits.take("a", 0)).to.equal(undefined);
    });
  });

  describe("attempts", () => {
    const attempt = (key = "a") => limits.attempt(key, 3, 1_000);

    it("are allowed up to the most within the window, by key", async () => {
      expect([await attempt(), await attempt(), await attempt(), await attempt()]).to.eql([true, true, true, false]);
      expect(await attempt("b")).to.equal(true);
    });

    it("slide: each counts for exactly the window", async () => {
      for (let i = 0; i < 3; i++) {
        await attempt();
        clock.advance(100);
      }
      clock.advance(699);
      expect(await attempt()).to.equal(false);
      clock.advance(1);
      expect(await attempt()).to.equal(true);
      expect(await attempt()).to.equal(false);
    });

    it("do not count when they were refused: who keeps trying is let in again all the same", async () => {
      for (let i = 0; i < 3; i++) await attempt();
      for (let i = 0; i < 9; i++) {
        clock.advance(100);
        expect(await attempt()).to.equal(false);
      }
      clock.advance(100);
      expect(await attempt()).to.equal(true);
    });

    it("are forgotten when they are over, also those of clients that are long gone", async () => {
      for (let i = 0; i < 100; i++) {
        await attempt(`client ${i}`);
        clock.advance(10);
      }
      expect(clock.pending).to.be.above(0);
      clock.advance(2_000);
      expect(clock.pending).to.equal(0);
      expect(await attempt("client 0")).to.equal(true);
    });

    it("of one key have one timer, however many there are", async () => {
      for (let i = 0; i < 50; i++) {
        await attempt();
        clock.advance(400);
      }
      expect(clock.pending).to.equal(1);
    });
  });

  describe("counts", () => {
    it("go up and down by name, each once", async () => {
      expect(await limits.counted("clients")).to.equal(0);
      const first = limits.count("clients");
      limits.count("clients");
      limits.count("others");
      expect(await limits.counted("clients")).to.equal(2);
      first();
      first();
      expect(await limits.counted("clients")).to.equal(1);
    });
  });
});
