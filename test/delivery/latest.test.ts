import { expect } from "chai";
import { LatestValues } from "../../src/delivery/latest.ts";
import type { Publication } from "../../src/hub/message.ts";
import { ManualClock } from "../support/manual-clock.ts";

function value(version: number, key = "7"): Publication {
  const message = { namespace: "/events", rooms: [`event:${key}`], type: "seats", payload: { key, version } };
  return { message: { ...message, delivery: "latest", key }, version };
}

const MINUTE_MS = 60_000;

describe("values of class latest", () => {
  it("are shown when they are newer than what was seen, and only then", () => {
    const values = new LatestValues(new ManualClock());
    expect(values.accept(value(5), false)).to.eql([]);
    expect(values.accept(value(5), true)).to.equal(undefined);
    expect(values.accept(value(4), false)).to.equal(undefined);
    expect(values.accept(value(6), true)).to.eql([]);
  });

  it("of one thing say nothing of another", () => {
    const values = new LatestValues(new ManualClock());
    values.accept(value(5), false);
    expect(values.accept(value(1, "8"), false)).to.eql([]);
  });

  it("that no document has are newer than all that is known, also where the clock stands", () => {
    const clock = new ManualClock();
    const values = new LatestValues(clock);
    values.accept(value(clock.now() + 1_000), false);
    const first = values.nextVersion(value(0).message);
    expect(first).to.be.greaterThan(clock.now() + 1_000);
    values.accept(value(first), true);
    expect(values.nextVersion(value(0).message)).to.be.greaterThan(first);
  });

  describe("read for a client that has joined", () => {
    it("are news unless a newer one was shown meanwhile", () => {
      const values = new LatestValues(new ManualClock());
      expect(values.isCurrent(value(0).message, 5, "c1")).to.equal(true);
      values.accept(value(6), false);
      expect(values.isCurrent(value(0).message, 5, "c2")).to.equal(false);
      expect(values.isCurrent(value(0).message, 6, "c2")).to.equal(true);
    });

    it("keep what is older and still on its way from that client alone", () => {
      const values = new LatestValues(new ManualClock());
      values.accept(value(3), false);
      values.isCurrent(value(0).message, 5, "c1");
      expect(values.accept(value(4), false)).to.eql(["c1"]);
      expect(values.accept(value(5), false)).to.eql(["c1"]);
      expect(values.accept(value(6), false)).to.eql([]);
      expect(values.accept(value(7), false)).to.eql([]);
    });

    it("do so where nothing was known of the thing", () => {
      const values = new LatestValues(new ManualClock());
      values.isCurrent(value(0).message, 5, "c1");
      expect(values.accept(value(4), false)).to.eql(["c1"]);
    });
  });

  it("are remembered for a minute; and while workers cannot hear each other, until a minute after", () => {
    const clock = new ManualClock();
    const values = new LatestValues(clock);
    values.accept(value(5), false);
    clock.advance(2 * MINUTE_MS);
    values.accept(value(1, "8"), false);
    expect(values.accept(value(4), false)).to.eql([]);

    values.accept(value(9), false);
    values.pauseEviction();
    clock.advance(10 * MINUTE_MS);
    values.accept(value(2, "8"), false);
    values.resumeEviction();
    values.accept(value(3, "8"), false);
    expect(values.accept(value(8), false)).to.equal(undefined);
  });

  it("can be sent again where this worker sent the newest", () => {
    const values = new LatestValues(new ManualClock());
    values.accept(value(1), true);
    values.accept(value(2), true);
    values.accept(value(1, "8"), true);
    values.accept(value(2, "8"), false);
    expect(values.own()).to.eql([value(2)]);
  });
});
