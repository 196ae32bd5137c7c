import { expect } from "chai";
import { Agenda } from "../../simulate/agenda.ts";
import { type FanOutCosts, Worker } from "../../simulate/worker.ts";

const COSTS = { writeUs: 7, wakeUs: 0, frameUs: 0.5, firstUs: 0, copyUs: 0, broadcastUs: 10 };

function workerWith(windowMs: number, { wokenUs = 0, ...costs } = {} as Partial<FanOutCosts> & { wokenUs?: number }) {
  const agenda = new Agenda();
  const written: { member: number; frames: number; at: number }[] = [];
  const worker = new Worker(agenda, {
    costs: { ...COSTS, ...costs },
    wokenUs,
    windowMs,
    onWrite: (_room, member, publishedAt, at) => written.push({ member, frames: publishedAt.length, at }),
  });
  return { agenda, worker, written };
}

describe("the simulated worker", () => {
  it("writes once to each member for all that is published in one turn", () => {
    const { agenda, worker, written } = workerWith(0);
    const room = { members: 3 };
    worker.loop.give(() => {
      for (let i = 0; i < 10; i++) worker.broadcast(room, 0);
    }, 0);
    agenda.runUntil(10_000);
    expect(written.map(({ member, frames }) => [member, frames])).to.eql([
      [0, 10],
      [1, 10],
      [2, 10],
    ]);
    expect(worker.loop.busyUs).to.equal(10 * (10 + 3 * 0.5) + 3 * 7);
    expect(written.at(-1)?.at).to.equal(worker.loop.busyUs);
  });

  it("writes for each turn anew without a window, and joins the turns of a window", () => {
    const framesWith = (windowMs: number): number[] => {
      const { agenda, worker, written } = workerWith(windowMs);
      const room = { members: 300 };
      for (const at of [0, 3_000, 3_200, 3_400]) worker.loop.give(() => worker.broadcast(room, at), at);
      agenda.runUntil(20_000);
      return written.filter(({ member }) => member === 0).map(({ frames }) => frames);
    };
    expect(framesWith(0)).to.eql([1, 1, 2]);
    expect(framesWith(2)).to.eql([1, 3]);
  });

  it("waits no longer than the last writes took", () => {
    const { agenda, worker, written } = workerWith(5);
    const room = { members: 100 };
    for (const at of [0, 900]) worker.loop.give(() => worker.broadcast(room, at), at);
    agenda.runUntil(20_000);
    // 700 µs from the end of the first, to the nearest millisecond of the clock.
    expect(written.find(({ at }) => at > 900)?.at).to.equal(1_007);
  });

  it("wakes each receiver while it has time to spare, and lets it run first", () => {
    const { agenda, worker, written } = workerWith(0, { wakeUs: 5, wokenUs: 9 });
    worker.loop.give(() => worker.broadcast({ members: 2 }, 0), 0);
    agenda.runUntil(1_000);
    expect(written.map(({ at }) => at)).to.eql([23, 44]);
    expect(worker.loop.busyUs).to.equal(11 + 2 * 12);
  });

  it("finds receivers awake while it is busy", () => {
    const { agenda, worker } = workerWith(0, { wakeUs: 5, wokenUs: 9 });
    worker.loop.give(() => worker.loop.spend(1_000_000), 0);
    worker.loop.give(() => worker.broadcast({ members: 2 }, 0), 1_000_000);
    agenda.runUntil(2_000_000);
    expect(worker.loop.busyUs).to.be.closeTo(1_000_000 + 11 + 2 * 7, 0.001);
  });

  it("spends more on the first frame after a write than on the others, and a little on writing each", () => {
    const { agenda, worker } = workerWith(0, { firstUs: 3, copyUs: 0.25 });
    worker.loop.give(() => {
      for (let i = 0; i < 4; i++) worker.broadcast({ members: 2 }, 0);
    }, 0);
    const room = { members: 2 };
    worker.loop.give(() => {
      for (let i = 0; i < 4; i++) worker.broadcast(room, 0);
    }, 1_000);
    agenda.runUntil(900);
    const apart = worker.loop.busyUs;
    expect(apart).to.equal(4 * (10 + 2 * (0.5 + 3)) + 4 * 2 * (7 + 0.25));
    agenda.runUntil(2_000);
    expect(apart - (worker.loop.busyUs - apart)).to.equal(3 * 2 * (3 + 7));
  });

  it("does not wait for a window when it was idle for longer", () => {
    const { agenda, worker, written } = workerWith(2);
    const room = { members: 1 };
    for (const at of [0, 50_000]) worker.loop.give(() => worker.broadcast(room, at), at);
    agenda.runUntil(100_000);
    expect(written.map(({ at }) => at)).to.eql([17.5, 50_017.5]);
  });
});
