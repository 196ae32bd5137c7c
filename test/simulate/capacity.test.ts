import { expect } from "chai";
import { capacityFor } from "../../simulate/capacity.ts";
import { simulateOne } from "../../simulate/one-of-many.ts";
import type { Demand } from "../../simulate/options.ts";
import { seededRandom } from "../../simulate/random.ts";
import { spreadOver } from "../../simulate/spread.ts";
import { COSTS } from "./fixtures.ts";

const DEMAND: Demand = {
  connections: 10_000,
  members: 20,
  rate: 0.5,
  changes: 0,
  transport: "plain",
  windowMs: 0,
  busy: 0.6,
  backWithin: 10,
  memory: 1_024,
  coresPerMachine: 8,
  collections: 8,
};

describe("the spread of a room's members over workers", () => {
  it("puts all of them on a single worker", () => {
    const spread = spreadOver(20, 1);
    expect(spread.occupied).to.equal(1);
    expect(spread.members(0.5)).to.equal(20);
  });

  it("loses and invents none", () => {
    const random = seededRandom(3);
    for (const [members, workers] of [
      [20, 4],
      [20, 300],
      [500, 7],
      [100_000, 10],
    ] as const) {
      const { occupied, members: here } = spreadOver(members, workers);
      let sum = 0;
      for (let i = 0; i < 20_000; i++) sum += here(random());
      expect((sum / 20_000) * occupied * workers).to.be.closeTo(members, members / 20);
    }
  });
});

describe("one simulated worker of many", () => {
  it("is as busy as its costs say", () => {
    const { busy } = simulateOne(DEMAND, 1, COSTS, seededRandom(1));
    const { broadcastUs, frameUs, writeUs, wakeUs, idleUs } = COSTS.doors.plain;
    const messages = (10_000 / 20) * 0.5;
    const expected = messages * (broadcastUs + 20 * (frameUs + writeUs + wakeUs)) + 10_000 * idleUs!;
    expect(busy).to.be.closeTo(expected / 1e6, 0.01);
  });

  it("lets messages wait longer the busier it is", () => {
    const p99At = (rate: number): number => simulateOne({ ...DEMAND, rate }, 1, COSTS, seededRandom(1)).p99;
    const [low, middle, high] = [p99At(0.5), p99At(7), p99At(11.5)];
    expect(middle).to.be.greaterThan(low * 1.2);
    expect(high).to.be.greaterThan(middle * 1.5);
  });

  it("says that more is asked of it than it can do", () => {
    expect(simulateOne({ ...DEMAND, changes: 1, rate: 5 }, 1, COSTS, seededRandom(1)).busy).to.be.greaterThan(0.99);
  });
});

describe("the capacity that a demand needs", () => {
  const capacity = (change: Partial<Demand>) => capacityFor({ ...DEMAND, ...change }, COSTS, seededRandom(1));

  it("is bounded by what it takes to come back where little is sent", () => {
    const found = capacity({ connections: 400_000, rate: 0.01 });
    // 10 s of a core are enough for 33,333 that join.
    expect(found).to.include({ boundBy: "coming back", workers: 12 + 1 });
    expect(found?.worker.secondsUntilBack).to.equal(10);
  });

  it("is bounded by memory where there is little", () => {
    expect(capacity({ connections: 100_000, rate: 0.01, memory: 100 })).to.include({
      boundBy: "memory",
      workers: 10 + 1,
    });
  });

  it("is bounded by processor time where much is sent, and then keeps workers below the limit", () => {
    const found = capacity({ rate: 20 });
    expect(found?.boundBy).to.equal("processor time");
    expect(found?.worker.busy).to.be.within(0.3, 0.6);
    expect(found?.deliveries).to.equal(200_000);
  });

  it("counts what goes over Redis: a message once to each worker with a member", () => {
    const { redis } = capacity({ rate: 20 }) ?? {};
    expect(redis?.published).to.equal(10_000);
    expect(redis?.handedOut).to.be.within(2 * 10_000, 20 * 10_000);
  });

  it("has none for a room that is everywhere and gets more than a worker can take", () => {
    expect(capacity({ connections: 1_000, members: 1_000, rate: 50_000 })).to.equal(undefined);
  });
});
