import { expect } from "chai";
import { latencyFigures, percentile, spreadOf, spreadsOf } from "../../bench/report/statistics.ts";

describe("the benchmark's statistics", () => {
  it("give median, smallest and largest, in whatever order the rounds came", () => {
    expect(spreadOf([3, 1, 2])).to.eql({ median: 2, min: 1, max: 3 });
    expect(spreadOf([10, 2, 4, 3])).to.eql({ median: 3.5, min: 2, max: 10 });
    expect(spreadOf([7])).to.eql({ median: 7, min: 7, max: 7 });
    expect(() => spreadOf([])).to.throw("a spread of nothing");
  });

  it("sort numbers as numbers", () => {
    expect(spreadOf([9, 10, 100])).to.eql({ median: 10, min: 9, max: 100 });
  });

  it("give the spread of each figure over the rounds that have it", () => {
    expect(spreadsOf([{ p50: 1, failures: 0 }, { p50: 3 }])).to.eql({
      p50: { median: 2, min: 1, max: 3 },
      failures: { median: 0, min: 0, max: 0 },
    });
  });

  it("give percentiles by the nearest rank", () => {
    const values = Float64Array.from({ length: 1_000 }, (_, i) => 1_000 - i);
    expect(percentile(values, 0.5)).to.equal(500);
    expect(percentile(values, 0.999)).to.equal(999);
    expect(percentile(values, 1)).to.equal(1_000);
    expect(percentile(Float64Array.of(5), 0.001)).to.equal(5);
    expect(() => percentile(new Float64Array(), 0.5)).to.throw("a percentile of nothing");
  });

  it("leave the one slow message in a thousand to p99.9", () => {
    const latencies = Array.from({ length: 1_000 }, (_, i) => (i < 2 ? 80 : 1));
    expect(latencyFigures(latencies)).to.eql({ p50: 1, p99: 1, p999: 80 });
  });
});
