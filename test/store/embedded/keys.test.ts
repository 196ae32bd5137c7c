import { expect } from "chai";
import type { Scalar } from "../../../src/store/collection.ts";
import type { Index } from "../../../src/store/declaration.ts";
import { component, components, documentKey, entriesOf, indexPrefix, isCut } from "../../../src/store/embedded/keys.ts";

/** Ascending, as MongoDB orders them: numbers, strings by their UTF-8 bytes, booleans. */
const ORDERED: readonly Scalar[] = [
  ...[
    -Number.MAX_VALUE,
    -(2 ** 40),
    -1.5,
    -1,
    -Number.MIN_VALUE,
    0,
    Number.MIN_VALUE,
    0.5,
    1,
    2,
    10,
    255,
    256,
    2 ** 53,
  ],
  Number.MAX_VALUE,
  ...["", "\0", "\0\0", "\0a", "\u0001", " ", "A", "a", "a\0", "a\0\0", "a\0b", "a\u0001", "aa", "b", "é", "\uffff"],
  ...["\u{10000}", "\u{10ffff}"],
  ...[false, true],
];

describe("keys of the embedded database", () => {
  it("sort as the values they are made of", () => {
    for (const [at, left] of ORDERED.entries()) {
      for (const [other, right] of ORDERED.entries()) {
        const order = Buffer.compare(component(left), component(right));
        expect(order, `${JSON.stringify(left)} and ${JSON.stringify(right)}`).to.equal(Math.sign(at - other));
      }
    }
  });

  it("sort by the next value where the first are equal, whatever their lengths", () => {
    for (const [at, left] of ORDERED.entries()) {
      const next = ORDERED[at + 1];
      if (next === undefined) continue;
      const low = Buffer.concat([component(left), component(true)]);
      const high = Buffer.concat([component(next), component(-1)]);
      expect(Buffer.compare(low, high), JSON.stringify(left)).to.equal(-1);
    }
  });

  it("come apart into their components", () => {
    const parts = ORDERED.map((value) => component(value));
    expect(components(Buffer.concat(parts))).to.deep.equal(parts);
  });

  it("have one form for zero", () => {
    expect(component(-0)).to.deep.equal(component(0));
  });

  it("cut what is too long, above every shorter string and below every greater one", () => {
    const cut = component(`${"a".repeat(20)}b`, 20);
    expect(isCut(cut)).to.equal(true);
    expect(isCut(component("a".repeat(20), 20))).to.equal(false);
    expect(Buffer.compare(component("a".repeat(20), 20), cut)).to.equal(-1);
    expect(Buffer.compare(cut, component(`${"a".repeat(19)}b`, 20))).to.equal(-1);
    expect(component(`${"a".repeat(20)}c`, 20)).to.deep.equal(cut);
    expect(component("\0".repeat(10), 20)).to.satisfy((key: Buffer) => !isCut(key));
    expect(component("\0".repeat(11), 20)).to.satisfy(isCut);
  });

  it("fit into LMDB's 1,978 bytes at the longest", () => {
    const long = "\0".repeat(5_000);
    const fields = ["a", "b", "c", "d"];
    const index: Index = { name: "i".repeat(60), fields, unique: false, order: "e", many: false };
    const document = { id: "\0".repeat(512), a: long, b: long, c: long, d: long, e: long };
    const prefix = indexPrefix("c".repeat(60), index.name);
    const keys = [...entriesOf(prefix, index, document), documentKey("c".repeat(60), document.id)];
    expect(keys).to.have.length(2);
    for (const key of keys) expect(key.length).to.be.below(1_979);
  });
});
