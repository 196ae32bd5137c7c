import { expect } from "chai";
import { ManualClock } from "./manual-clock.ts";

describe("the hand-moved clock", () => {
  it("stands still until it is moved", () => {
    const clock = new ManualClock(1_000);
    expect(clock.now()).to.equal(1_000);
    clock.advance(5);
    expect(clock.now()).to.equal(1_005);
  });

  it("runs timers in the order they fall due, each at its own instant", () => {
    const clock = new ManualClock(0);
    const ran: string[] = [];
    clock.after(30, () => ran.push(`late at ${clock.now()}`));
    clock.after(10, () => ran.push(`early at ${clock.now()}`));
    clock.after(10, () => ran.push("early, set later"));
    clock.advance(29);
    expect(ran).to.deep.equal(["early at 10", "early, set later"]);
    clock.advance(1);
    expect(ran.at(-1)).to.equal("late at 30");
  });

  it("runs what a timer sets in turn, as far as it falls due on the way", () => {
    const clock = new ManualClock(0);
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      clock.after(10, tick);
    };
    clock.after(10, tick);
    clock.advance(35);
    expect(ticks).to.equal(3);
    expect(clock.pending).to.equal(1);
  });

  it("does not run what was cancelled", () => {
    const clock = new ManualClock(0);
    const cancel = clock.after(10, () => expect.fail("ran"));
    cancel();
    clock.advance(100);
    expect(clock.pending).to.equal(0);
  });
});
