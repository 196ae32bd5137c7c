import { expect } from "chai";
import { aThing, type Bench } from "./bench.ts";
import { rejection } from "./documents.ts";

const HOSTILE = [
  "__proto__",
  "constructor",
  "$gt",
  "$where: 1",
  "a.b",
  "",
  "\0",
  "a\0b",
  "{}",
  "é",
  "\u{10ffff}",
  "\uffff",
  "%",
  "*",
];

/** What is promised of values: they stay values, and come back as they were or are refused. */
export function values(bench: Bench): void {
  describe("values", () => {
    it("stay values, however hostile: stored, found and counted as what they are", async () => {
      const { things } = await bench.things();
      for (const [id, value] of HOSTILE.entries()) {
        await things.insert(aThing(id, { kind: value, rank: 0, phone: value, tags: [value], extra: { value } }));
      }
      for (const [id, value] of HOSTILE.entries()) {
        const expected = [aThing(id, { kind: value, rank: 0, phone: value, tags: [value], extra: { value } })];
        expect(await things.find("byKind", { equals: [value], limit: 9 })).to.deep.equal(expected);
        expect(await things.find("byPhone", { equals: [value], limit: 9 })).to.deep.equal(expected);
        expect(await things.find("byTag", { equals: [value], limit: 9 })).to.deep.equal(expected);
      }
    });

    it("of other types are no query", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1, { phone: "+1" }));
      for (const value of [{ $gt: "" }, ["+1"], null, undefined, Number.NaN]) {
        const query = { equals: [value as unknown as string], limit: 1 };
        expect((await rejection(things.find("byPhone", query))).message).to.include("strings, numbers or booleans");
      }
    });

    it("come back deep-equal: numbers, nesting, empty things, records keyed by ids", async () => {
      const { things } = await bench.things();
      const extra = {
        numbers: [0, -1, 0.1, 2 ** 31, -(2 ** 40), Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, Number.MIN_VALUE],
        nothing: null,
        empty: { object: {}, array: [], string: "" },
        byId: { "12": { seats: 1 }, "7": { seats: 2 }, constructor: 1, toString: 2, _id: 3, version: 4 },
        text: "\u{1F600} e\u0301 \0 \u2028",
      };
      await things.insert(aThing(1, { extra }));
      expect(await things.get(1)).to.deep.equal(aThing(1, { extra }));
      await things.modify(1, (next) => ({ next: { ...next, extra: { again: extra } }, result: 0 }));
      expect(await things.get(1)).to.deep.equal(aThing(1, { extra: { again: extra } }));
    });

    it("that JSON has no difference for come back as JSON has them", async () => {
      const { things } = await bench.things();
      await things.insert(aThing(1, { rank: undefined, extra: { gone: undefined, zero: -0, half: "\ud83d!" } }));
      const stored = await things.get(1);
      expect(stored).to.deep.equal(aThing(1, { extra: { zero: 0, half: "\ufffd!" } }));
      expect(stored).to.not.have.property("rank");
    });

    it("that not both databases can hold are refused with their place, and nothing is stored", async () => {
      const { things } = await bench.things();
      const refused: [unknown, string][] = [
        [{ "a.b": 1 }, 'document.extra: the key "a.b"'],
        [[{ $set: 1 }], 'document.extra[0]: the key "$set"'],
        [{ deep: { "": 1 } }, 'document.extra.deep: the key ""'],
        [JSON.parse('{ "__proto__": 1 }'), 'document.extra: the key "__proto__"'],
        [{ "a\0": 1 }, "the key"],
        [[[1]], "document.extra: an array within an array"],
        [new Date(0), "document.extra: only plain objects are JSON"],
        [Number.POSITIVE_INFINITY, "document.extra: not a finite number"],
        [10n, "document.extra: a bigint is not JSON"],
        [Array.from({ length: 100 }).reduce((inner) => ({ inner }), 1), "deeper than 64 levels"],
      ];
      for (const [extra, reason] of refused) {
        expect((await rejection(things.insert(aThing(1, { extra })))).message).to.include(reason);
      }
      expect(await things.get(1)).to.equal(undefined);
    });
  });

  describe("sequences", () => {
    it("count from 1, each by itself", async () => {
      expect([await bench.store.next("a"), await bench.store.next("a"), await bench.store.next("b")]).to.eql([1, 2, 1]);
    });

    it("never give a number twice", async () => {
      const numbers = await Promise.all(Array.from({ length: 100 }, () => bench.store.next("many")));
      expect(numbers.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 100 }, (_, at) => at + 1));
    });
  });
}
