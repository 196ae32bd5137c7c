import { expect } from "chai";
import { Agenda } from "../../simulate/agenda.ts";
import { Loop } from "../../simulate/loop.ts";

describe("the simulation's agenda", () => {
  it("lets things happen by their time, and those of one time in the order in which they were asked for", () => {
    const agenda = new Agenda();
    const happened: string[] = [];
    for (const [name, at] of [
      ["d", 30],
      ["a", 10],
      ["b", 20],
      ["c", 20],
      ["late", 99],
    ] as const) {
      agenda.at(at, () => happened.push(`${name} ${agenda.now}`));
    }
    agenda.runUntil(50);
    expect(happened).to.eql(["a 10", "b 20", "c 20", "d 30"]);
    expect(agenda.now).to.equal(50);
  });
});

describe("the simulation's event loop", () => {
  it("does what comes in while it is busy in its next turn, and the end of a turn before that", () => {
    const agenda = new Agenda();
    const loop = new Loop(agenda);
    const done: string[] = [];
    loop.give(() => {
      loop.spend(100);
      loop.immediately(() => done.push(`end ${loop.now}`));
      done.push(`first ${loop.now}`);
    }, 0);
    loop.give(() => done.push(`second ${loop.now}`), 50);
    agenda.runUntil(1_000);
    expect(done).to.eql(["first 100", "end 100", "second 100"]);
    expect(loop.busyUs).to.equal(100);
  });

  it("has timers of whole milliseconds", () => {
    const agenda = new Agenda();
    const loop = new Loop(agenda);
    const fired: number[] = [];
    loop.give(() => {
      loop.after(10, () => fired.push(loop.now));
      loop.after(2_900, () => fired.push(loop.now));
    }, 300);
    agenda.runUntil(10_000);
    expect(fired).to.eql([1_000, 2_000]);
  });
});
