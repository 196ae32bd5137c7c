import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A schema of an object; `properties` and `required` are always present. */
export type ObjectSchema = JsonSchema & { properties: Record<string, JsonSchema>; required: string[] };

/** The dialects of the two descriptions: OpenAPI 3.1 writes JSON Schema 2020-12, AsyncAPI 3.0 a superset of draft 7. */
export type Dialect = "draft-2020-12" | "draft-07";

/**
 * Converts a validating schema to JSON Schema. `side` is `input` for the data that clients send (a default makes a
 * field optional) and `output` for the data that they get.
 */
export function toJsonSchema(schema: z.ZodObject, side: "input" | "output", dialect: Dialect): ObjectSchema {
  const described = z.toJSONSchema(schema, {
    io: side,
    target: dialect,
    // A part that JSON Schema cannot express is described as any value, so that the description is still served.
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => tidy(zodSchema, jsonSchema),
  });
  const { $schema, ...rest } = described;
  return { ...rest, properties: (rest.properties ?? {}) as Record<string, JsonSchema>, required: rest.required ?? [] };
}

/** Removes properties that describe the implementation but promise nothing to clients, and redundant ones. */
function tidy(schema: z.core.$ZodTypes, described: JsonSchema): void {
  const { def } = schema._zod;
  // Only a strict object refuses unknown fields; the others may get more fields later.
  if (def.type === "object" && def.catchall?._zod.def.type !== "never" && described.additionalProperties === false) {
    delete described.additionalProperties;
  }
  if (described.format !== undefined) delete described.pattern;
  if (described.minimum === Number.MIN_SAFE_INTEGER) delete described.minimum;
  if (described.maximum === Number.MAX_SAFE_INTEGER) delete described.maximum;
}
