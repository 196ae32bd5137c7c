import { expect } from "chai";
import { plannedFaults } from "../../verify/chaos.ts";
import { describeViolations, percentiles, table } from "../../verify/report.ts";
import { emptyTally, type Violation } from "../../verify/violation.ts";

const gap: Violation = {
  kind: "gap",
  count: 3,
  where: "events event:7, subscriber 5 (plain)",
  detail: "never got seq 8",
};

describe("the verifier's report", () => {
  it("has a line per class with what was broken, and the percentiles of its latencies", () => {
    const log = { ...emptyTally(), sent: 4, due: 8, delivered: 5, latencies: [1, 2, 3, 40] };
    const lines = table({ log, latest: emptyTally(), violations: [gap] }, emptyTally()).split("\n");
    expect(lines[0]).to.match(/^class +sent +due +delivered +gaps +repeats +out of order/);
    expect(lines[1]?.split(/ +/)).to.eql(["log", "4", "8", "5", "3", "0", "0", "0", "0", "2.0", "40", "40", "40"]);
    expect(lines.slice(2).map((line) => line.split(" ")[0])).to.eql(["latest", "volatile"]);
  });

  it("describes the first violations of each kind and counts all of them", () => {
    const text = describeViolations([...Array.from({ length: 7 }, () => gap), { ...gap, kind: "repeat", count: 1 }]);
    expect(text).to.match(/^gap, 21 times:\n {2}events event:7, subscriber 5 \(plain\): never got seq 8\n/);
    expect(text).to.contain("and 2 more");
    expect(text).to.contain("repeat, 1 times:");
  });

  it("takes percentiles by the nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(percentiles(hundred, [0.5, 0.9, 0.99, 1])).to.eql([50, 90, 99, 100]);
    expect(percentiles([], [0.5])).to.eql([undefined]);
  });
});

describe("the verifier's chaos", () => {
  const count = (seconds: number, what: string): number =>
    plannedFaults(seconds).filter((fault) => fault.what === what).length;

  it("kills a worker every 15 seconds", () => {
    expect(plannedFaults(60).flatMap(({ at, what }) => (what === "kill a worker" ? at : []))).to.eql([15, 30, 45]);
    expect(count(300, "kill a worker")).to.equal(19);
  });

  it("loses Redis twice in five minutes, once killed and once stopped, and at least once", () => {
    expect([count(300, "kill Redis"), count(300, "stop Redis")]).to.eql([1, 1]);
    expect([count(30, "kill Redis"), count(60, "kill Redis")]).to.eql([1, 1]);
    expect(count(1_200, "kill Redis") + count(1_200, "stop Redis")).to.equal(8);
  });
});
