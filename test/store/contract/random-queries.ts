import { expect } from "chai";
import type { Query, Scalar } from "../../../src/store/collection.ts";
import { fieldOf, type Index, indexesOf } from "../../../src/store/declaration.ts";
import { component } from "../../../src/store/embedded/keys.ts";
import { isScalar, selection, selects } from "../../../src/store/query.ts";
import { aThing, type Bench, declareThings, type Thing, type Things } from "./bench.ts";

const QUERIES = 150;
const WORDS = ["", "a", "ab", "abc", "b", "\0", "a\0", "é", "\u{10ffff}", "x".repeat(900), `${"x".repeat(900)}y`];
const NUMBERS = [-2, -1.5, 0, 1, 1e9];

/** Documents and queries that nobody would think of, against a plain reading of what the port promises. */
export function randomQueries(bench: Bench): void {
  it(`finds, orders, pages and counts what a plain reading does, in ${QUERIES} random queries`, async function () {
    this.timeout(60_000);
    const { things } = await bench.things();
    const all = Array.from({ length: 60 }, (_, id) => randomThing(id));
    await Promise.all(all.map((thing) => things.insert(thing)));
    const indexes = [...indexesOf(declareThings("any")).values()].filter(({ unique }) => !unique);
    for (let at = 0; at < QUERIES; at++) {
      const index = pick(indexes);
      const query = randomQuery(index);
      const selected = plainReading(all, index, query);
      const { offset = 0, limit } = query;
      const told = `${index.name} ${JSON.stringify(query)}`;
      const name = index.name as Parameters<Things["find"]>[0];
      expect(
        (await things.find(name, query)).map(({ id }) => id),
        told,
      ).to.deep.equal(selected.slice(offset, offset + limit).map(({ id }) => id));
      const { equals = [], prefix, range } = query;
      const which = { equals, ...(prefix !== undefined && { prefix }), ...(range && { range }) };
      expect(await things.count(name, which), told).to.equal(selected.length);
    }
  });
}

function plainReading(all: readonly Thing[], index: Index, query: Query): Thing[] {
  const selected = selection(index, query);
  const fields = [...selected.sort, "id"];
  const rank = (thing: Thing): Buffer =>
    Buffer.concat(fields.map((field) => component(fieldOf(thing, field) as Scalar)));
  const found = all
    .filter((thing) => selects(selected, thing))
    .filter((thing) => index.order === undefined || isScalar(fieldOf(thing, index.order)))
    .toSorted((left, right) => Buffer.compare(rank(left), rank(right)));
  return query.descending ? found.reverse() : found;
}

function randomThing(id: number): Thing {
  return aThing(id % 3 === 0 ? `id ${id}` : id, {
    kind: pick(WORDS),
    rank: pick([...NUMBERS, null, undefined]),
    flag: pick([true, false, undefined]),
    tags: Array.from({ length: pick([0, 1, 2, 5]) }, () => pick(WORDS)),
  });
}

function randomQuery({ fields }: Index): Query {
  const fixed = pick([0, 1, fields.length]);
  const next = fields[fixed];
  const bound =
    next === undefined
      ? {}
      : pick<Partial<Query>>([
          {},
          { prefix: pick(WORDS) },
          { range: { from: randomValue(next) } },
          { range: { before: randomValue(next) } },
          randomRange(next),
        ]);
  return {
    equals: fields.slice(0, fixed).map(randomValue),
    ...bound,
    descending: pick([true, false]),
    limit: pick([1, 3, 1_000]),
    offset: pick([0, 0, 2]),
  };
}

function randomRange(field: string): Partial<Query> {
  const [low, high] = [randomValue(field), randomValue(field)];
  return {
    range: pick([
      { from: low, to: high },
      { after: low, before: high },
      { after: low, to: high },
    ]),
  };
}

function randomValue(field: string): Scalar {
  if (field === "rank" || field === "id") return pick(NUMBERS);
  return field === "flag" ? pick([true, false]) : pick(WORDS);
}

function pick<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)] as T;
}
