import { expect } from "chai";
import { z } from "zod";
import { type CollectionDeclaration, defineCollection } from "../../src/store/collection.ts";
import { indexesOf } from "../../src/store/declaration.ts";

const schema = z.object({
  id: z.number(),
  name: z.string(),
  age: z.number().optional(),
  tags: z.array(z.string()).readonly(),
  either: z.union([z.string(), z.array(z.string())]).optional(),
});

type Indexes = CollectionDeclaration<z.infer<typeof schema>>["indexes"];

describe("a declared collection", () => {
  it("has its indexes, and knows which are over an array", () => {
    const declaration = defineCollection({
      name: "people",
      schema,
      indexes: {
        byName: { fields: ["name"], unique: true },
        byTag: { fields: ["tags", "name"], order: "age" },
        byEither: { fields: ["either"] },
      },
    });
    expect([...indexesOf(declaration).values()]).to.deep.equal([
      { name: "byName", fields: ["name"], unique: true, order: undefined, many: false },
      { name: "byTag", fields: ["tags", "name"], unique: false, order: "age", many: true },
      { name: "byEither", fields: ["either"], unique: false, order: undefined, many: true },
    ]);
  });

  it("finds the fields of a union of objects", () => {
    const union = z.discriminatedUnion("kind", [
      z.object({ id: z.number(), kind: z.literal("a"), name: z.string() }),
      z.object({ id: z.number(), kind: z.literal("b"), name: z.array(z.string()) }),
    ]);
    const declaration = defineCollection({ name: "either", schema: union, indexes: { byName: { fields: ["name"] } } });
    expect(indexesOf(declaration).get("byName")).to.have.property("many", true);
  });

  it("is refused at start when it asks for what not both databases do", () => {
    const wrong: [Indexes, string][] = [
      [{ "by.name": { fields: ["name"] } }, "the name"],
      [{ none: { fields: [] } }, "1 to 4 fields"],
      [{ twice: { fields: ["name", "name"] } }, "named twice"],
      [{ unknown: { fields: ["nam" as "name"] } }, "no field nam"],
      [{ second: { fields: ["name", "tags"] } }, "only the first field"],
      [{ unique: { fields: ["tags"], unique: true } }, "cannot be unique"],
      [{ ordered: { fields: ["name"], order: "tags" } }, "cannot be ordered by tags"],
    ];
    for (const [indexes, reason] of wrong) {
      expect(() => indexesOf({ name: "people", schema, indexes })).to.throw(reason);
    }
    for (const name of ["", "_people", "a b", "a.b", "system.people", "x".repeat(61)]) {
      expect(() => indexesOf({ name, schema, indexes: {} })).to.throw("the name");
    }
  });
});
