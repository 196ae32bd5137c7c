import { expect } from "chai";
import { calibrate } from "../../simulate/calibrate.ts";
import { check, missed } from "../../simulate/check.ts";
import { type Costs, TRANSPORTS } from "../../simulate/costs.ts";
import { Measured } from "../../simulate/measured.ts";
import { COSTS, resultsOf } from "./fixtures.ts";

describe("the calibration", () => {
  let measured: Measured;
  let costs: Costs;

  before(function () {
    this.timeout(120_000);
    measured = resultsOf(COSTS);
    costs = calibrate(measured);
  });

  it("finds the costs that results were made with", () => {
    for (const transport of TRANSPORTS) {
      const { writeUs, wakeUs, frameUs, broadcastUs, acrossUs, crossingUs, ...known } = costs.doors[transport];
      const truth = COSTS.doors[transport];
      expect(writeUs).to.be.closeTo(truth.writeUs, truth.writeUs * 0.1);
      expect(wakeUs).to.be.closeTo(truth.wakeUs, truth.wakeUs * 0.1);
      expect(frameUs).to.be.closeTo(truth.frameUs, truth.frameUs * 0.25);
      expect(broadcastUs).to.be.closeTo(truth.broadcastUs, truth.broadcastUs * 0.3);
      expect(acrossUs + crossingUs).to.be.closeTo(truth.acrossUs + truth.crossingUs, truth.acrossUs * 0.5);
      expect(known.kibPerConnection).to.equal(truth.kibPerConnection);
      expect(known.joinUs).to.be.closeTo(truth.joinUs, 0.001);
      expect(known.idleUs).to.be.closeTo(truth.idleUs!, 0.001);
    }
    expect(costs.wokenReadUs).to.be.closeTo(COSTS.wokenReadUs, COSTS.wokenReadUs * 0.1);
    expect(costs.changeUs.log).to.be.greaterThan(costs.changeUs.volatile);
  });

  it("says where they come from", () => {
    expect(costs.source.file).to.equal("made up");
    expect(costs.from).to.deep.include({ broadcastUs: ["rooms-1000"], joinUs: ["idle-10000"] });
  });

  it("names the figure that results lack", () => {
    const { scenarios } = measured.results;
    const { "rooms-1000": _, ...rest } = scenarios;
    expect(() => calibrate(new Measured(measured.file, { ...measured.results, scenarios: rest }))).to.throw(
      "made up has no deliveriesPerCpuSecond of junction-plain in rooms-1000",
    );
  });

  it("is checked on scenarios that it has not seen, and on those alone", () => {
    const comparisons = check(costs, measured);
    const locations = comparisons.filter(({ scenario }) => scenario === "locations");
    expect(locations).to.have.length(2);
    for (const { deviation, isHeldOut } of locations) {
      expect(isHeldOut).to.equal(true);
      expect(deviation).to.be.within(-0.1, 0.1);
    }
    // The results say one and a half times as much memory where there are fewer connections.
    expect(missed(comparisons).map(({ scenario }) => scenario)).to.eql(["idle-2000", "idle-2000"]);
  });
}).timeout(60_000);
