import { expect } from "chai";
import { type ExpiringValues, localExpiringValues } from "../../src/auth/expiring-values.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("values that expire, in memory", () => {
  let clock: ManualClock;
  let values: ExpiringValues;
  beforeEach(() => {
    clock = new ManualClock();
    values = localExpiringValues(clock);
  });

  it("are there until their time is over, to the millisecond", async () => {
    await values.set("key", "value", 1_000);
    clock.advance(999);
    expect(await values.get("key")).to.equal("value");
    clock.advance(1);
    expect(await values.get("key")).to.equal(undefined);
  });

  it("are each for themselves", async () => {
    await values.set("short", "1", 10);
    await values.set("long", "2", 20);
    clock.advance(10);
    expect([await values.get("short"), await values.get("long"), await values.get("other")]).to.eql([
      undefined,
      "2",
      undefined,
    ]);
  });

  it("have the newest text and the newest time when they are set again", async () => {
    await values.set("key", "old", 10);
    clock.advance(5);
    await values.set("key", "new", 10);
    clock.advance(5);
    expect(await values.get("key")).to.equal("new");
    clock.advance(5);
    expect(await values.get("key")).to.equal(undefined);
  });
});
