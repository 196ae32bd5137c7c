import { expect } from "chai";
import { compare, ratiosOf } from "../../bench/report/guard.ts";
import type { ScenarioResults } from "../../bench/report/results.ts";

/** A scenario whose contenders have so many deliveries per server CPU second. */
function scenario(deliveries: Readonly<Record<string, number>>): ScenarioResults {
  const figures = Object.fromEntries(
    Object.entries(deliveries).map(([name, median]) => [
      name,
      { deliveriesPerCpuSecond: { median, min: median, max: median } },
    ]),
  );
  return { title: "", chart: "deliveriesPerCpuSecond", figures, failures: {} };
}

describe("the benchmark's guard", () => {
  it("goes by what Junction has for each delivery of bare ws in the same run", () => {
    const scenarios = {
      "room-1": scenario({ "junction-plain": 120, ws: 80, socketio: 40 }),
      herd: scenario({ "junction-plain": 5 }),
    };
    expect(ratiosOf({ scenarios })).to.eql({ "room-1": { "junction-plain": 1.5 } });
  });

  it("says the same of a machine that is half as fast", () => {
    const fast = { "room-1": scenario({ "junction-plain": 900, ws: 600 }) };
    const slow = { "room-1": scenario({ "junction-plain": 450, ws: 300 }) };
    expect(ratiosOf({ scenarios: slow })).to.eql(ratiosOf({ scenarios: fast }));
  });

  it("lets a ratio fall by a quarter, and no further", () => {
    const recorded = { "room-10": { "junction-plain": 8, "junction-socketio": 4 } };
    const verdicts = (now: Record<string, number>) =>
      compare(recorded, { "room-10": now }).map(({ contender, hasFallen }) => [contender, hasFallen]);
    expect(verdicts({ "junction-plain": 6, "junction-socketio": 9 })).to.eql([
      ["junction-plain", false],
      ["junction-socketio", false],
    ]);
    expect(verdicts({ "junction-plain": 5.9, "junction-socketio": 4 })).to.eql([
      ["junction-plain", true],
      ["junction-socketio", false],
    ]);
  });

  it("shows what was recorded and not measured, and does not call it fallen", () => {
    const recorded = { "room-1": { "junction-plain": 1.5 } };
    expect(compare(recorded, {})).to.eql([
      { scenario: "room-1", contender: "junction-plain", recorded: 1.5, measured: undefined, hasFallen: false },
    ]);
  });
});
