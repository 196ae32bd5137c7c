import { expect } from "chai";
import { parseStat } from "../../bench/load/processes.ts";
import { optionsFrom } from "../../bench/options.ts";
import { chart } from "../../bench/report/chart.ts";
import type { Results } from "../../bench/report/results.ts";
import { cell, page } from "../../bench/report/table.ts";

const spread = (median: number) => ({ median, min: median - 1, max: median + 1 });

const results: Results = {
  date: "2000-01-01",
  command: "npm run bench",
  machine: { cpu: "a <processor>", cores: 2, memoryGiB: 4, kernel: "6", loadBefore: 0.1 },
  versions: { Node: "20" },
  rounds: 3,
  duration: { warmUpMs: 1_000, ms: 2_000, timedMs: 3_000 },
  contenders: {
    "junction-plain": { title: "Junction", settings: "default" },
    ws: { title: "ws <bare>", settings: "default" },
    nchan: { title: "nchan", settings: "default", missing: "not installed" },
  },
  scenarios: {
    "room-1": {
      title: "A room",
      chart: "deliveriesPerCpuSecond",
      figures: {
        "junction-plain": { deliveriesPerCpuSecond: spread(2_000), serverCpu: spread(1), loadCpu: spread(0.5) },
        ws: {
          deliveriesPerCpuSecond: spread(1_000),
          serverCpu: { median: 0.5, min: 0.5, max: 0.5 },
          loadCpu: { median: 0.95, min: 0.9, max: 1 },
        },
      },
      failures: { ws: { rounds: 1, reason: "4 messages were received and 6 sent" } },
    },
  },
};

describe("the benchmark's report", () => {
  it("gives each figure with its median, its smallest and its largest", () => {
    expect(cell("deliveriesPerCpuSecond", { median: 1_234.5, min: 1_000, max: 2_000 })).to.equal("1,235 (1,000–2,000)");
    expect(cell("p50", { median: 1, min: 1, max: 1 })).to.equal("1.00");
    expect(cell("p50", undefined)).to.equal("");
  });

  it("says when the load generator was the bottleneck, what failed, and who was not there", () => {
    const text = page(results);
    expect(text).to.include("- ws: the load generator was the bottleneck");
    expect(text).not.to.include("junction-plain: the load generator");
    expect(text).to.include("- ws: 1 failed, not counted: 4 messages were received and 6 sent");
    expect(text).to.include("- nchan: not installed");
  });

  it("draws a bar for each contender, as long as its figure", () => {
    const drawn = chart(results);
    const bars = [...drawn.matchAll(/width="([\d.]+)" height="16"/g)].map(([, width]) => Number(width));
    expect(bars).to.have.length(2);
    expect(bars[0]! / bars[1]!).to.be.closeTo(2, 0.01);
    expect(drawn).to.include("ws &#60;bare&#62;").and.not.include("<bare>");
  });
});

describe("the benchmark's command line", () => {
  it("refuses what it does not know, saying what there is", () => {
    expect(() => optionsFrom(["--scenario", "room-2"])).to.throw(
      "There is no scenario room-2; there is room-1, room-10",
    );
    expect(() => optionsFrom(["--contender", "ws,nginx"])).to.throw("There is no contender nginx");
    expect(() => optionsFrom(["--rounds", "0"])).to.throw("--rounds is a number from 1");
    expect(() => optionsFrom(["--fast"])).to.throw("--fast");
  });

  it("takes scenarios and contenders by name", () => {
    const options = optionsFrom(["--scenario", "herd,booking", "--contender", "ws", "--rounds", "5"]);
    expect(options?.scenarios.map(({ name }) => name)).to.eql(["herd", "booking"]);
    expect(options).to.include({ rounds: 5, name: "herd-booking", guard: false });
  });
});

describe("the benchmark's view of a process", () => {
  it("reads times and parent past a name with spaces and parentheses", () => {
    const text = `42 (a (b) c) S 7 ${Array.from({ length: 9 }, () => "0").join(" ")} 30 12 0 0 20 0 1 0 9`;
    expect(parseStat(text)).to.eql({ name: "a (b) c", parent: 7, ticks: 42 });
  });
});
