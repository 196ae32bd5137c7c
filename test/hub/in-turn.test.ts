import { expect } from "chai";
import { createTurns } from "../../src/hub/in-turn.ts";

/** Something to wait for, until the spec says how it ends. */
function held<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}

describe("turns", () => {
  it("let actions of one key run one after another, in the order they came", async () => {
    const inTurn = createTurns();
    const log: string[] = [];
    const first = held<void>();
    const one = inTurn("a", async () => {
      log.push("one begins");
      await first.promise;
      log.push("one ends");
      return 1;
    });
    const two = inTurn("a", async () => {
      log.push("two");
      return 2;
    });
    const three = inTurn("a", async () => {
      log.push("three");
      return 3;
    });
    first.resolve();
    expect(await Promise.all([three, two, one])).to.eql([3, 2, 1]);
    expect(log).to.eql(["one begins", "one ends", "two", "three"]);
  });

  it("do not let actions of other keys wait", async () => {
    const inTurn = createTurns();
    const first = held<string>();
    const one = inTurn("a", () => first.promise);
    expect(await inTurn("b", async () => "b")).to.equal("b");
    first.resolve("a");
    expect(await one).to.equal("a");
  });

  it("go on after an action that failed, which fails alone", async () => {
    const inTurn = createTurns();
    const first = held<void>();
    const one = inTurn("a", () => first.promise);
    const two = inTurn("a", async () => 2);
    first.reject(new Error("no luck"));
    const failure = await one.catch((error: Error) => error.message);
    expect([failure, await two]).to.eql(["no luck", 2]);
  });
});
