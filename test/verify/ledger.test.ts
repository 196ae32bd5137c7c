import { expect } from "chai";
import { judgeLog } from "../../verify/judge-log.ts";
import { judge } from "../../verify/judgement.ts";
import { type Confirmation, Ledger, type LoggedMessage } from "../../verify/ledger.ts";
import { emptyTally } from "../../verify/violation.ts";
import { confirmed, got, gotElsewhere, receipt, room } from "./records.ts";

/** What is said of a subscriber that got `entries` of a, b and c, beside one that got all three. */
function verdict(...entries: (LoggedMessage | Confirmation)[]): [string, number][] {
  const other = receipt("other", got(1, "a"), got(2, "b"), got(3, "c"));
  const violations = judgeLog(room(["a", "b", "c"], other, receipt("this", ...entries)), emptyTally());
  expect(violations.map(({ where }) => where)).to.not.include("other");
  return violations.map(({ kind, count }) => [kind, count]);
}

describe("the verifier's judgement of class log", () => {
  it("finds nothing wrong with every message once and in order", () => {
    expect(verdict(got(1, "a"), got(2, "b"), got(3, "c"))).to.eql([]);
  });

  it("finds a message that is missing in the middle, and those that are missing at the end", () => {
    expect(verdict(got(1, "a"), got(3, "c"))).to.eql([["gap", 1]]);
    expect(verdict(got(1, "a"))).to.eql([["gap", 2]]);
    expect(verdict()).to.eql([["gap", 3]]);
  });

  it("finds an acknowledged message that nobody got", () => {
    const one = receipt("one", got(1, "a"));
    const [violation] = judgeLog(room(["a", "b"], one), emptyTally());
    expect(violation).to.include({ kind: "gap", count: 1 });
    expect(violation?.detail).to.contain("never got b");
  });

  it("finds a place that nobody got", () => {
    const violations = judgeLog(room(["a", "c"], receipt("one", got(1, "a"), got(3, "c"))), emptyTally());
    expect(violations.map(({ kind, count }) => [kind, count])).to.eql([["gap", 1]]);
  });

  it("finds a message that came twice, under the same seq or another", () => {
    expect(verdict(got(1, "a"), got(2, "b"), got(2, "b"), got(3, "c"))).to.eql([["repeat", 1]]);
    const twice = receipt("twice", got(1, "a"), got(2, "a"));
    expect(judgeLog(room(["a"], twice), emptyTally()).map(({ kind }) => kind)).to.eql(["repeat"]);
  });

  it("finds a message that came after a later one", () => {
    expect(verdict(got(1, "a"), got(3, "c"), got(2, "b"))).to.eql([["order", 1]]);
  });

  it("finds two subscribers who do not agree which message is which", () => {
    expect(verdict(got(1, "a"), got(2, "c"), got(3, "b"))).to.eql([
      ["order", 1],
      ["order", 1],
    ]);
  });

  it("tells a deployment without seq from one that loses messages", () => {
    const log = [confirmed(0, undefined), got(undefined, "a"), got(undefined, "b")];
    const blind = { where: "blind", log, latest: new Map() };
    expect(judgeLog(room(["a", "b"], blind), emptyTally()).map(({ kind, count }) => [kind, count])).to.eql([
      ["no seq", 3],
    ]);
    expect(judgeLog(room(["a", "b", "c"], blind), emptyTally()).map(({ kind, count }) => [kind, count])).to.eql([
      ["no seq", 3],
      ["gap", 1],
    ]);
  });

  it("counts who came back, and finds what was not made up for then", () => {
    const tally = emptyTally();
    const back = receipt("back", got(1, "a"), confirmed(1, 3), got(2, "b"), got(3, "c"));
    expect(judgeLog(room(["a", "b", "c"], back), tally)).to.eql([]);
    expect(tally).to.include({ resumed: 1, tooOld: 0, sent: 3, due: 3, delivered: 3 });
    expect(verdict(got(1, "a"), confirmed(1, 3), got(3, "c"))).to.eql([["gap", 1]]);
    expect(verdict(got(1, "a"), confirmed(1, 3), got(1, "a"), got(2, "b"), got(3, "c"))).to.eql([["repeat", 1]]);
  });

  it("finds a client that is told to be too late although it is not", () => {
    expect(verdict(got(1, "a"), confirmed(1, 2, false), got(3, "c"))).to.eql([["forgotten", 1]]);
  });

  it("takes it for honest when more was missed than is kept", () => {
    const tally = emptyTally();
    const log = [confirmed(0, 0), got(1, "a"), confirmed(1, 1_002, false), got(1_003, "z")];
    expect(judgeLog(room(["a", "z"], { where: "late", log, latest: new Map() }), tally)).to.eql([]);
    expect(tally).to.include({ resumed: 1, tooOld: 1 });
  });

  it("finds a client that is told that the newest is older than what it has", () => {
    expect(verdict(got(1, "a"), got(2, "b"), confirmed(2, 1), got(3, "c"))).to.eql([["order", 1]]);
  });

  it("does not ask for what was there before the subscriber", () => {
    const log = [confirmed(0, 7, false), got(8, "a")];
    expect(judgeLog(room(["a"], { where: "new", log, latest: new Map() }), emptyTally())).to.eql([]);
  });

  it("counts a message once that came by another room of the same client", () => {
    expect(verdict(got(1, "a"), confirmed(1, 2), gotElsewhere(50, "b"), got(3, "c"))).to.eql([]);
    expect(verdict(got(1, "a"), confirmed(1, 2), gotElsewhere(50, "b"), got(2, "b"), got(3, "c"))).to.eql([
      ["repeat", 1],
    ]);
    // Another connection does not know what this one has had.
    expect(
      verdict(got(1, "a"), confirmed(1, 2), gotElsewhere(50, "b"), confirmed(1, 2), got(2, "b"), got(3, "c")),
    ).to.eql([]);
  });

  it("lets others write into the room too", () => {
    expect(judgeLog(room(["a"], receipt("one", got(1, "a"), got(2, "theirs"))), emptyTally())).to.eql([]);
  });

  it("measures from the request to the delivery, of what it knows", () => {
    const tally = emptyTally();
    judgeLog(room(["a"], receipt("one", got(1, "a"), got(2, "theirs"))), tally);
    expect(tally.latencies).to.eql([5]);
  });
});

describe("the verifier's ledger", () => {
  it("expects what a change does in each of its rooms, and nothing of changes that were not acknowledged", () => {
    const ledger = new Ledger();
    ledger.room("one").receipts.push(receipt("one", got(1, "a")));
    ledger.room("other").receipts.push(receipt("other"));
    ledger.acknowledged(100, [{ rooms: ["one", "other"], log: "a" }]);
    const { violations, log } = judge(ledger.rooms);
    expect(violations.map(({ kind, where }) => [kind, where])).to.eql([["gap", "other"]]);
    expect(log).to.include({ due: 2, delivered: 1 });
  });

  it("is uncertain in every room that shows what an unanswered change was about", () => {
    const ledger = new Ledger();
    ledger.acknowledged(100, [{ rooms: ["own", "all"], latest: { subject: "station 1", value: "1", rank: 1 } }]);
    ledger.uncertain("own");
    expect(ledger.subject("all", "station 1").isUncertain).to.equal(true);
  });
});
