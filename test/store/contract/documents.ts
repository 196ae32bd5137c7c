import { expect } from "chai";
import { HubError } from "../../../src/hub/errors.ts";
import { aThing, type Bench } from "./bench.ts";

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it resolved");
}

export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise);
  expect(error, String(error.stack)).to.be.instanceOf(HubError);
  return (error as HubError).code;
}

/** What is promised of single documents and their ids. */
export function documents(bench: Bench): void {
  describe("documents", () => {
    it("gives back what was inserted, and nothing for what was not", async () => {
      const { things } = await bench.things();
      const box = aThing(1, { rank: 1.5, flag: false, tags: ["a", "b"], extra: { deep: [{ er: null }] } });
      await things.insert(box);
      expect(await things.get(1)).to.deep.equal(box);
      expect(await things.get(2)).to.equal(undefined);
      expect(await things.get("1")).to.equal(undefined);
    });

    it("tells number and string ids apart, whatever they are", async () => {
      const { things } = await bench.things();
      const ids = [
        0,
        1,
        "1",
        -5,
        2.5,
        2 ** 31,
        Number.MAX_SAFE_INTEGER,
        "",
        "$gt",
        "a.b",
        "__proto__",
        "é\u{1F600}",
        "a\0b",
      ];
      for (const [count, id] of ids.entries()) await things.insert(aThing(id, { count }));
      for (const [count, id] of ids.entries()) expect(await things.get(id)).to.deep.equal(aThing(id, { count }));
      const found = await things.find("byId", { limit: 100 });
      expect(found.map(({ id }) => id)).to.deep.equal([
        ...[-5, 0, 1, 2.5, 2 ** 31, Number.MAX_SAFE_INTEGER],
        ...["", "$gt", "1", "__proto__", "a\0b", "a.b", "é\u{1F600}"],
      ]);
    });

    it("has no document with an id that is too long, and takes none", async () => {
      const { things } = await bench.things();
      const id = "x".repeat(513);
      expect(await things.get(id)).to.equal(undefined);
      expect(await things.remove(id)).to.equal(false);
      expect(await refusalOf(things.modify(id, (next) => ({ next, result: 0 })))).to.equal("not_found");
      expect((await rejection(things.insert(aThing(id)))).message).to.include("longer than 512 bytes");
      await things.insert(aThing("y".repeat(512)));
      expect(await things.get("y".repeat(512))).to.deep.equal(aThing("y".repeat(512)));
    });

    it("lets no object through as an id", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1));
      const query = { $gt: 0 } as unknown as number;
      expect((await rejection(things.get(query))).message).to.equal("an id is a string or a number");
      expect((await rejection(things.remove(query))).message).to.equal("an id is a string or a number");
      expect(await things.get(1)).to.deep.equal(aThing(1));
    });

    it("refuses a second document with the same id", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1, { count: 1 }));
      expect(await refusalOf(things.insert(aThing(1, { count: 2 })))).to.equal("conflict");
      expect(await things.get(1)).to.deep.equal(aThing(1, { count: 1 }));
    });

    it("lets one of many that insert the same id succeed", async () => {
      const { things } = await bench.things();
      const inserts = Array.from({ length: 20 }, (_, count) => things.insert(aThing(1, { count })));
      const outcomes = await Promise.allSettled(inserts);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.length(1);
    });

    it("removes a document once, and takes its id again", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1));
      expect(await Promise.all([things.remove(1), things.remove(1)])).to.deep.equal([true, false]);
      expect(await things.get(1)).to.equal(undefined);
      await things.insert(aThing(1, { count: 7 }));
      expect(await things.get(1)).to.deep.equal(aThing(1, { count: 7 }));
    });

    it("throws what breaks the schema as it is, and stores nothing", async () => {
      const { things } = await bench.things();
      const error = await rejection(things.insert(aThing(1, { count: "1" as unknown as number })));
      expect(error.name).to.equal("ZodError");
      expect(await things.get(1)).to.equal(undefined);
    });

    it("stores no field that the schema does not declare", async () => {
      const { things } = await bench.things();
      await things.insert({ ...aThing(1), secret: "s" } as ReturnType<typeof aThing>);
      expect(await things.get(1)).to.deep.equal(aThing(1));
    });
  });

  describe("unique indexes", () => {
    it("refuse a second document with the same values", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1, { phone: "+1" }));
      expect(await refusalOf(things.insert(aThing(2, { phone: "+1" })))).to.equal("conflict");
      expect(await things.get(2)).to.equal(undefined);
      expect(await things.find("byPhone", { equals: ["+1"], limit: 10 })).to.deep.equal([aThing(1, { phone: "+1" })]);
    });

    it("refuse a change to values that are taken, and leave the document as it was", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1, { phone: "+1" }));
      await things.insert(aThing(2, { phone: "+2" }));
      const change = things.modify(2, (thing) => ({ next: { ...thing, phone: "+1" }, result: 0 }));
      expect(await refusalOf(change)).to.equal("conflict");
      expect(await things.get(2)).to.deep.equal(aThing(2, { phone: "+2" }));
    });

    it("free the values of what was changed or removed", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1, { phone: "+1" }));
      await things.modify(1, (thing) => ({ next: { ...thing, phone: "+3" }, result: 0 }));
      await things.insert(aThing(2, { phone: "+1" }));
      await things.remove(2);
      await things.insert(aThing(4, { phone: "+1" }));
    });

    it("leave out documents that lack a field or have null there", async () => {
      const { things } = await bench.things();
      for (const id of [1, 2]) await things.insert(aThing(id));
      for (const id of [3, 4]) await things.insert(aThing(id, { phone: null }));
      expect(await things.count("byPhone", {})).to.equal(0);
    });

    it("tell long strings apart that differ only at their end", async () => {
      const { things } = await bench.things();
      const long = "x".repeat(5_000);
      await things.insert(aThing(1, { phone: `${long}1` }));
      await things.insert(aThing(2, { phone: `${long}2` }));
      expect(await refusalOf(things.insert(aThing(3, { phone: `${long}2` })))).to.equal("conflict");
    });

    it("let one of many that want the same value have it, each on a document of its own", async () => {
      const { things } = await bench.things();
      const inserts = Array.from({ length: 20 }, (_, id) => things.insert(aThing(id, { phone: "+1" })));
      const outcomes = await Promise.allSettled(inserts);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.length(1);
      expect(await things.count("byPhone", { equals: ["+1"] })).to.equal(1);
    });
  });
}
