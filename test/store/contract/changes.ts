import { expect } from "chai";
import { HubError } from "../../../src/hub/errors.ts";
import { aMessage, aThing, type Bench, type Thing } from "./bench.ts";
import { refusalOf, rejection } from "./documents.ts";

const countUp = (thing: Thing) => ({ next: { ...thing, count: thing.count + 1 }, result: thing.count + 1 });

/** What is promised of transitions: alone, many at once, and refused. */
export function changes(bench: Bench): void {
  describe("modify", () => {
    it("writes the next document and gives the result", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1, { count: 4 }));
      expect(await things.modify(1, countUp)).to.equal(5);
      expect(await things.get(1)).to.deep.equal(aThing(1, { count: 5 }));
    });

    it("rejects for a document that is not there, without running the transition", async () => {
      const { things } = await bench.things();
      const never = () => expect.fail("it ran");
      expect(await refusalOf(things.modify(1, never))).to.equal("not_found");
    });

    it("writes nothing of a refused transition and rejects with the refusal", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1));
      const refusal = new HubError("conflict", "Sold out");
      const refused = things.modify(1, () => {
        throw refusal;
      });
      expect(await rejection(refused)).to.equal(refusal);
      expect(await things.get(1)).to.deep.equal(aThing(1));
    });

    it("applies 200 at once in the order they were asked for", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1));
      const results = await Promise.all(Array.from({ length: 200 }, () => things.modify(1, countUp)));
      expect(results).to.deep.equal(Array.from({ length: 200 }, (_, at) => at + 1));
      expect((await things.get(1))?.count).to.equal(200);
    });

    it("lets a refusal, a breach of the schema and a taken value among many fail alone", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1));
      await things.insert(aThing(2, { phone: "+2" }));
      const outcomes = await Promise.allSettled([
        things.modify(1, countUp),
        things.modify(1, () => {
          throw new HubError("forbidden");
        }),
        things.modify(1, (thing) => ({ next: { ...thing, count: "many" as unknown as number }, result: 0 })),
        things.modify(1, (thing) => ({ next: { ...thing, phone: "+2" }, result: 0 })),
        things.modify(1, (thing) => ({ next: { ...thing, id: 9 }, result: 0 })),
        things.modify(1, countUp),
      ]);
      expect(
        outcomes.map((one) => (one.status === "fulfilled" ? one.value : one.reason.name + one.reason.code)),
      ).to.eql([...[1, "HubErrorforbidden", "ZodErrorundefined", "HubErrorconflict", "Errorundefined", 2]]);
      expect(await things.get(1)).to.deep.equal(aThing(1, { count: 2 }));
    });

    it("orders inserts, changes and removals of one document as they were asked for", async () => {
      const { things } = await bench.things();
      const outcomes = await Promise.allSettled([
        things.modify(1, countUp),
        things.insert(aThing(1), [aMessage("inserted")]),
        things.modify(1, countUp),
        things.remove(1),
        things.modify(1, countUp),
        things.insert(aThing(1, { count: 10 }), [aMessage("inserted again")]),
        things.modify(1, countUp),
      ]);
      expect(outcomes.map((one) => (one.status === "fulfilled" ? one.value : one.reason.code))).to.deep.equal([
        ...["not_found", undefined, 1, true, "not_found", undefined, 11],
      ]);
      expect(bench.relayed.map(({ type }) => type)).to.deep.equal(["inserted", "inserted again"]);
    });

    it("hands out documents that cannot be changed in place", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1, { tags: ["a"] }));
      const careless = things.modify(1, (thing) => {
        thing.tags.push("b");
        return { next: thing, result: 0 };
      });
      expect(await rejection(careless)).to.be.instanceOf(TypeError);
    });
  });

  describe("messages", () => {
    it("are relayed once, in the order of the changes, before the change resolves", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1), [aMessage("inserted", { id: 1 })]);
      expect(bench.relayed).to.deep.equal([aMessage("inserted", { id: 1 })]);
      const seen: number[] = [];
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const count = await things.modify(1, (thing) => {
            const { next, result } = countUp(thing);
            const messages = [aMessage("counted", { result }), aMessage("again", { result })];
            return { next, messages, result };
          });
          seen.push(bench.relayed.findIndex(({ type, payload }) => type === "again" && payload.result === count));
        }),
      );
      expect(seen).to.not.include(-1);
      expect(bench.relayed.slice(1).map(({ payload }) => payload.result)).to.deep.equal(
        Array.from({ length: 100 }, (_, at) => Math.floor(at / 2) + 1),
      );
    });

    it("are relayed after the commit", async () => {
      const { name, things } = await bench.things();
      await things.insert(aThing(1));
      const other = await bench.things();
      await other.things.insert(aThing(name));
      // Reading when the message is relayed finds the change.
      const change = things.modify(1, (thing) => ({ ...countUp(thing), messages: [aMessage("counted")] }));
      const push = bench.relayed.push;
      let found: Promise<Thing | undefined> | undefined;
      bench.relayed.push = (...messages) => {
        found = things.get(1);
        return push.apply(bench.relayed, messages);
      };
      await change;
      bench.relayed.push = push;
      expect((await found)?.count).to.equal(1);
    });

    it("of a refused, a failed or no change are none", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1));
      await Promise.allSettled([
        things.insert(aThing(1), [aMessage("inserted twice")]),
        things.modify(2, (next) => ({ next, messages: [aMessage("not there")], result: 0 })),
        things.modify(1, (thing) => ({
          next: { ...thing, count: Number.NaN },
          messages: [aMessage("not stored")],
          result: 0,
        })),
        things.modify(1, (next) => ({ next, result: "unchanged" })),
      ]);
      expect(bench.relayed).to.deep.equal([]);
    });

    it("without a change are relayed too, whatever their payload", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1));
      const payload = { "a.b": 1, $set: { "": [[1, "\ud800"]] } };
      await things.modify(1, (next) => ({ next, messages: [aMessage("said", payload)], result: 0 }));
      expect(bench.relayed).to.deep.equal([aMessage("said", payload)]);
      expect(await things.get(1)).to.deep.equal(aThing(1));
    });
  });
}
