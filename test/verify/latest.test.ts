import { expect } from "chai";
import { judgeLatest } from "../../verify/judge-latest.ts";
import type { RoomRecord, Subject } from "../../verify/ledger.ts";
import { emptyTally } from "../../verify/violation.ts";

/** A subject that had the values 9, 8, 9 and 7, the first of them before anybody watched, and somebody who saw `seen`. */
function verdict(seen: readonly string[], facts: Partial<Subject> = {}): { kinds: string[]; latencies: number[] } {
  const values = ["9", "8", "9", "7"].map((value, rank) => ({ value, rank, at: rank === 0 ? undefined : 100 * rank }));
  // Acknowledged in another order than they were made.
  values.reverse();
  const latest = new Map([["seats", seen.map((value, i) => ({ value, at: 1_000 + i }))]]);
  const record: RoomRecord = {
    name: "room",
    log: new Map(),
    latest: new Map([["seats", { values, isUncertain: false, ...facts }]]),
    receipts: [{ where: "this", log: [], latest }],
  };
  const tally = emptyTally();
  return { kinds: judgeLatest(record, tally).map(({ kind }) => kind), latencies: tally.latencies };
}

describe("the verifier's judgement of class latest", () => {
  it("lets values be skipped, and be shown again to who comes back", () => {
    for (const seen of [["9", "8", "9", "7"], ["7"], ["9", "9", "8", "8", "7", "7"], ["8", "7"]]) {
      expect(verdict(seen).kinds, seen.join()).to.eql([]);
    }
  });

  it("finds a value that came after a later one", () => {
    expect(verdict(["9", "7", "8", "7"]).kinds).to.eql(["went back"]);
    expect(verdict(["8", "9", "8", "7"]).kinds).to.eql(["went back"]);
  });

  it("finds a subscriber that did not end on the newest, or got nothing", () => {
    expect(verdict(["9", "8"]).kinds).to.eql(["not newest"]);
    expect(verdict([]).kinds).to.eql(["not newest"]);
    expect(verdict(["9", "7", "8"]).kinds).to.eql(["went back", "not newest"]);
  });

  it("believes what the deployment says is the newest", () => {
    expect(verdict(["9", "7"], { newest: "6" }).kinds).to.eql(["not newest"]);
  });

  it("finds a value that nobody gave, unless a change was never answered", () => {
    expect(verdict(["9", "5", "7"]).kinds).to.eql(["went back"]);
    expect(verdict(["9", "5"], { isUncertain: true }).kinds).to.eql([]);
    expect(verdict(["9", "5"], { isUncertain: true, newest: "7" }).kinds).to.eql(["not newest"]);
  });

  it("measures from the request to the first sight of each value, but not of the one that was there before", () => {
    expect(verdict(["9", "8", "8", "7"]).latencies).to.eql([901, 703]);
  });
});
