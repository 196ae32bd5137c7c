import { expect } from "chai";
import type { Query } from "../../../src/store/collection.ts";
import { aThing, type Bench, type Things } from "./bench.ts";
import { rejection } from "./documents.ts";

type IndexName = Parameters<Things["find"]>[0];

/** What is promised of find and count. */
export function queries(bench: Bench): void {
  let things: Things;

  /** The ids that are found, having checked that `count` counts as many. */
  async function ids(index: IndexName, query: Partial<Query>): Promise<(number | string)[]> {
    const found = await things.find(index, { limit: 1_000, ...query });
    const { equals, prefix, range } = query;
    const selected = { ...(equals && { equals }), ...(prefix !== undefined && { prefix }), ...(range && { range }) };
    if (query.limit === undefined && query.offset === undefined) {
      expect(await things.count(index, selected)).to.equal(found.length);
    }
    return found.map(({ id }) => id);
  }

  describe("find and count", () => {
    before(async () => {
      ({ things } = await bench.things());
      await things.insert(aThing(1, { kind: "box", rank: 3, tags: ["red", "round"], flag: true }));
      await things.insert(aThing(2, { kind: "box", rank: -1, tags: ["red"], flag: false }));
      await things.insert(aThing(3, { kind: "box", rank: 10, tags: ["blue", "bluish", "blueberry"] }));
      await things.insert(aThing(4, { kind: "boxer", rank: 3, tags: ["rot", "red"], flag: true }));
      await things.insert(aThing(5, { kind: "cup", rank: 2.5, tags: [] }));
      await things.insert(aThing(6, { kind: "cup", tags: ["red"] }));
      await things.insert(aThing(7, { kind: "cup", rank: null, tags: ["red", "red"] }));
      await things.insert(aThing("a", { kind: "box", rank: 3, tags: ["black"] }));
    });

    it("by equality of one field or of all, sorted by the next field and then by id", async () => {
      expect(await ids("byKind", { equals: ["box"] })).to.deep.equal([2, 1, "a", 3]);
      expect(await ids("byKind", { equals: ["box", 3] })).to.deep.equal([1, "a"]);
      expect(await ids("byKind", { equals: ["bo"] })).to.deep.equal([]);
      expect(await ids("byFlag", { equals: [true] })).to.deep.equal([1, 4]);
    });

    it("tell numbers, strings and booleans apart", async () => {
      expect(await ids("byKind", { equals: [3] })).to.deep.equal([]);
      expect(await ids("byRank", { equals: ["3"] })).to.deep.equal([]);
      expect(await ids("byFlag", { equals: [1] })).to.deep.equal([]);
      expect(await ids("byRank", { range: { from: "" } })).to.deep.equal([]);
      expect(await ids("byKind", { range: { from: 0 } })).to.deep.equal([]);
    });

    it("by range, each bound inclusive or exclusive", async () => {
      expect(await ids("byRank", { range: { from: 3 } })).to.deep.equal([1, 4, "a", 3]);
      expect(await ids("byRank", { range: { after: 3 } })).to.deep.equal([3]);
      expect(await ids("byRank", { range: { to: 3 } })).to.deep.equal([2, 5, 1, 4, "a"]);
      expect(await ids("byRank", { range: { before: 3 } })).to.deep.equal([2, 5]);
      expect(await ids("byRank", { range: { from: 0, before: 3 } })).to.deep.equal([5]);
      expect(await ids("byRank", { range: { from: 4, to: 3 } })).to.deep.equal([]);
      expect(await ids("byKind", { equals: ["box"], range: { after: -1, before: 10 } })).to.deep.equal([1, "a"]);
      expect(await ids("byKind", { range: { from: "boxer", to: "cup" } })).to.deep.equal([4, 5]);
      expect(await ids("byFlag", { range: { from: false } })).to.deep.equal([2, 1, 4]);
    });

    it("by the start of a string", async () => {
      expect(await ids("byKind", { prefix: "box" })).to.deep.equal([2, 1, "a", 3, 4]);
      expect(await ids("byKind", { prefix: "boxe" })).to.deep.equal([4]);
      expect(await ids("byKind", { prefix: "BOX" })).to.deep.equal([]);
      expect(await ids("byKind", { prefix: ".*" })).to.deep.equal([]);
      expect(await ids("byKind", { prefix: "" })).to.deep.equal([2, 1, "a", 3, 4, 5]);
    });

    it("in all of an index, without the documents that lack a field", async () => {
      expect(await ids("byRank", {})).to.deep.equal([2, 5, 1, 4, "a", 3]);
      expect(await ids("byFlag", {})).to.deep.equal([2, 1, 4]);
      expect(await ids("byFlagAndId", { equals: [true] })).to.deep.equal([1, 4]);
    });

    it("by elements of an array, each document once", async () => {
      expect(await ids("byTag", { equals: ["red"] })).to.deep.equal([1, 2, 4, 6, 7]);
      expect(await ids("byTag", { prefix: "blu" })).to.deep.equal([3]);
      expect(await ids("byTag", { prefix: "r" })).to.deep.equal([1, 2, 4, 6, 7]);
      expect(await ids("byTag", { range: { from: "blue", before: "red" } })).to.deep.equal([3]);
      expect(await ids("byTag", { range: { after: "blueberry", before: "rec" } })).to.deep.equal([3]);
      expect(await ids("byTag", {})).to.deep.equal([1, 2, 3, 4, 6, 7, "a"]);
      expect(await ids("byTagAndKind", { equals: ["red"] })).to.deep.equal([1, 2, 4, 6, 7]);
      expect(await ids("byTagAndKind", { equals: ["red"], prefix: "c" })).to.deep.equal([6, 7]);
    });

    it("takes one element for both bounds of a range", async () => {
      // 1 and 4 have an element before "rim" and another after it, but none between.
      expect(await ids("byTag", { range: { after: "red", before: "rot" } })).to.deep.equal([]);
    });

    it("in the declared order, without the documents that have no value there", async () => {
      expect(await ids("newest", { equals: ["box"], descending: true })).to.deep.equal([3, "a", 1, 2]);
      expect(await ids("newest", { prefix: "b" })).to.deep.equal([2, 1, 4, "a", 3]);
      expect(await ids("byTagNewest", { equals: ["red"] })).to.deep.equal([2, 1, 4]);
      expect(await ids("byTagNewest", { prefix: "b", descending: true })).to.deep.equal([3, "a"]);
      expect(await ids("byTagNewest", { prefix: "r", descending: true })).to.deep.equal([4, 1, 2]);
      expect(await ids("byTagNewest", {})).to.deep.equal([2, 1, 4, "a", 3]);
    });

    it("in descending order, ids too", async () => {
      expect(await ids("byKind", { equals: ["box"], descending: true })).to.deep.equal([3, "a", 1, 2]);
      expect(await ids("byTag", { equals: ["red"], descending: true })).to.deep.equal([7, 6, 4, 2, 1]);
      expect(await ids("byTag", { prefix: "r", descending: true })).to.deep.equal([7, 6, 4, 2, 1]);
    });

    it("in pages", async () => {
      expect(await ids("byRank", { limit: 2 })).to.deep.equal([2, 5]);
      expect(await ids("byRank", { limit: 2, offset: 2 })).to.deep.equal([1, 4]);
      expect(await ids("byRank", { limit: 2, offset: 5 })).to.deep.equal([3]);
      expect(await ids("byRank", { limit: 2, offset: 50 })).to.deep.equal([]);
      expect(await ids("byRank", { limit: 2, offset: 1, descending: true })).to.deep.equal(["a", 4]);
      expect(await ids("byTagNewest", { prefix: "r", limit: 1, offset: 1 })).to.deep.equal([1]);
    });

    it("refuses what an index does not answer", async () => {
      const wrong: [Query, string][] = [
        [{ limit: 0 }, "limit"],
        [{ limit: 1_001 }, "limit"],
        [{ limit: 1, offset: -1 }, "offset"],
        [{ limit: 1, equals: ["a", 1, 2] }, "2 fields"],
        [{ limit: 1, equals: ["a", 1], prefix: "a" }, "no field is left"],
        [{ limit: 1, prefix: "a", range: { from: "a" } }, "without a range"],
        [{ limit: 1, range: { from: "a", after: "b" } }, "exclude each other"],
        [{ limit: 1, range: { from: "a", to: 1 } }, "one type"],
      ];
      for (const [query, reason] of wrong) {
        expect((await rejection(things.find("byKind", query))).message).to.include(reason);
      }
      const undeclared = things.find("byName" as "byKind", { limit: 1 });
      expect((await rejection(undeclared)).message).to.include("not declared");
    });
  });

  describe("index entries", () => {
    it("follow every change and vanish with the document", async () => {
      ({ things } = await bench.things());
      await things.insert(aThing(1, { kind: "box", rank: 1, tags: ["a", "b"] }));
      await things.modify(1, (thing) => ({ next: { ...thing, kind: "cup", tags: ["b", "c"] }, result: 0 }));
      expect(await ids("byKind", { equals: ["box"] })).to.deep.equal([]);
      expect(await ids("byKind", { equals: ["cup"] })).to.deep.equal([1]);
      expect(await ids("byTag", { equals: ["a"] })).to.deep.equal([]);
      expect(await ids("byTag", { prefix: "" })).to.deep.equal([1]);
      const { rank: _, ...unranked } = (await things.get(1))!;
      await things.modify(1, () => ({ next: unranked, result: 0 }));
      expect(await ids("byKind", {})).to.deep.equal([]);
      await things.remove(1);
      for (const index of ["byTag", "byId", "byTagAndKind"] as const) expect(await ids(index, {})).to.deep.equal([]);
    });

    it("serve strings of any length", async () => {
      ({ things } = await bench.things());
      const long = "é".repeat(2_000);
      for (const [id, end] of ["", "a", "b", "c"].entries()) {
        await things.insert(aThing(id, { kind: long + end, rank: id, tags: [long + end, "t"] }));
      }
      await things.insert(aThing(9, { kind: "z", rank: 9, tags: ["é"] }));
      expect(await ids("byKind", { equals: [`${long}b`] })).to.deep.equal([2]);
      expect(await ids("byKind", { equals: [`${long}b`, 2] })).to.deep.equal([2]);
      expect(await ids("byTag", { equals: [`${long}a`] })).to.deep.equal([1]);
      expect(await ids("byTagNewest", { prefix: long, descending: true })).to.deep.equal([3, 2, 1, 0]);
      expect(await ids("newest", { prefix: `${long}c` })).to.deep.equal([3]);
      expect(await ids("newest", { range: { after: `${long}a` } })).to.deep.equal([2, 3]);
      expect(await ids("newest", { range: { from: `${long}a`, before: `${long}c` } })).to.deep.equal([1, 2]);
      expect(await ids("newest", { range: { to: `${long}a` } })).to.deep.equal([0, 1, 9]);
      expect(await ids("byTagNewest", { prefix: long, offset: 1, limit: 2 })).to.deep.equal([1, 2]);
    });

    it("sort strings by their bytes and find a prefix wherever it ends", async () => {
      ({ things } = await bench.things());
      const kinds = [
        "",
        "a",
        "a\0",
        "a\u{1}",
        "ab",
        "a\ud7ff",
        "a\uffff",
        "a\u{10000}",
        "a\u{10ffff}",
        "a\u{10ffff}b",
        "b",
      ];
      for (const [id, kind] of kinds.entries()) await things.insert(aThing(id, { kind, rank: 0 }));
      expect(await ids("byKind", {})).to.deep.equal(kinds.map((_, id) => id));
      expect(await ids("byKind", { prefix: "a" })).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(await ids("byKind", { prefix: "a\0" })).to.deep.equal([2]);
      expect(await ids("byKind", { prefix: "a\ud7ff" })).to.deep.equal([5]);
      expect(await ids("byKind", { prefix: "a\u{10ffff}" })).to.deep.equal([8, 9]);
      expect(await ids("byKind", { prefix: "\u{10ffff}" })).to.deep.equal([]);
    });
  });
}
