import { expect } from "chai";
import { Agenda } from "../../simulate/agenda.ts";
import { Worker } from "../../simulate/worker.ts";

const COSTS = { writeUs: 7, frameUs: 0.5, broadcastUs: 10 };

function workerWith(windowMs: number) {
  const agenda = new Agenda();
  const written: { member: number; frames: number; at: number }[] = [];
  const worker = new Worker(agenda, {
    costs: COSTS,
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
      const room = { members: 1 };
      for (const at of [0, 200, 400, 600]) worker.loop.give(() => worker.broadcast(room, at), at);
      agenda.runUntil(10_000);
      return written.map(({ frames }) => frames);
    };
    expect(framesWith(0)).to.eql([1, 1, 1, 1]);
    expect(framesWith(2)).to.eql([1, 3]);
  });

  it("does not wait for a window when it was idle for longer", () => {
    const { agenda, worker, written } = workerWith(2);
    const room = { members: 1 };
    for (const at of [0, 50_000]) worker.loop.give(() => worker.broadcast(room, at), at);
    agenda.runUntil(100_000);
    expect(written.map(({ at }) => at)).to.eql([17.5, 50_017.5]);
  });
});
