import { expect } from "chai";
import { z } from "zod";
import { defineCollection } from "../../../src/store/collection.ts";
import { aMessage, type Bench } from "./bench.ts";

const line = z.object({ id: z.string(), page: z.string(), number: z.number() });
let collections = 0;

/** What is promised of `insertNext`. */
export function numbering(bench: Bench): void {
  describe("the documents of a parent", () => {
    const lines = () =>
      bench.store.collection(
        defineCollection({
          name: `lines-${++collections}`,
          schema: line,
          indexes: {
            byNumber: { fields: ["page", "number"], unique: true },
            byPage: { fields: ["page"] },
          },
        }),
      );

    it("are numbered from 1 without gaps, each parent by itself, also when they come at once", async () => {
      const collection = await lines();
      const numbers = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const page = i % 2 === 0 ? "even" : "odd";
          const inserted = await collection.insertNext("byNumber", [page], (number) => ({
            document: { id: `${i}`, page, number },
            messages: [aMessage("line", { page, number })],
          }));
          return inserted.number;
        }),
      );
      expect(numbers).to.eql(Array.from({ length: 20 }, (_, i) => Math.floor(i / 2) + 1));
      const even = bench.relayed.filter(({ payload }) => payload.page === "even");
      expect(even.map(({ payload }) => payload.number)).to.eql([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it("keep their number where the id is there already", async () => {
      const collection = await lines();
      const insert = (id: string) =>
        collection.insertNext("byNumber", ["a"], (number) => ({ document: { id, page: "a", number } }));
      expect(await insert("one")).to.eql({ id: "one", page: "a", number: 1 });
      expect(await insert("two")).to.eql({ id: "two", page: "a", number: 2 });
      expect(await insert("one")).to.eql({ id: "one", page: "a", number: 1 });
      expect(await collection.count("byPage", {})).to.equal(2);
    });

    it("need a unique index whose last field is the number, and a document that has it", async () => {
      const collection = await lines();
      const insert = (index: "byNumber" | "byPage", parent: string[]): Promise<string> =>
        collection
          .insertNext(index, parent, () => ({ document: { id: "x", page: "a", number: 7 } }))
          .then(String, (error: Error) => error.message);
      expect(await insert("byPage", [])).to.include("byPage numbers nothing");
      expect(await insert("byNumber", [])).to.include("byNumber numbers nothing");
      expect(await insert("byNumber", ["a"])).to.equal("the number of the next document is 1");
    });
  });
}
