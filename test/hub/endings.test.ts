import { expect } from "chai";
import { Endings } from "../../src/hub/endings.ts";
import { deferred } from "./recording-wire.ts";

describe("a list of endings", () => {
  it("ends the last part first, each after the one before it has ended", async () => {
    const endings = new Endings();
    const ended: string[] = [];
    const last = deferred();
    endings.add("first", () => void ended.push("first"));
    endings.add("last", () => last.promise.then(() => ended.push("last")));
    const run = endings.run();
    expect(ended).to.eql([]);
    last.resolve();
    await run;
    expect(ended).to.eql(["last", "first"]);
  });

  it("ends all parts where one fails, and rejects with its error", async () => {
    const endings = new Endings();
    const ended: string[] = [];
    const fault = new Error("does not end");
    endings.add("first", () => void ended.push("first"));
    endings.add("last", () => Promise.reject(fault));
    expect(await endings.run().catch((error: unknown) => error)).to.equal(fault);
    expect(ended).to.eql(["first"]);
  });

  it("names all parts that fail, thrown or rejected", async () => {
    const endings = new Endings();
    endings.add("first", () => Promise.reject(new Error("1")));
    endings.add("last", () => {
      throw new Error("2");
    });
    const error = await endings.run().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AggregateError).with.property("message", "could not end last, first");
  });

  it("ends each part once, also those that are added during a run", async () => {
    const endings = new Endings();
    const ended: string[] = [];
    const last = deferred();
    endings.add("last", () => last.promise);
    const run = endings.run();
    endings.add("late", () => void ended.push("late"));
    expect(endings.run()).to.equal(run);
    last.resolve();
    await run;
    await endings.run();
    expect(ended).to.eql(["late"]);
  });
});
