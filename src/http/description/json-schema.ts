import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A schema of an object, with its parts always there. */
export type ObjectSchema = JsonSchema & { properties: Record<string, JsonSchema>; required: string[] };

/** The dialects of the two descriptions: OpenAPI 3.1 writes JSON Schema 2020-12, AsyncAPI 3.0 a superset of draft 7. */
export type Dialect = "draft-2020-12" | "draft-07";

/**
 * A validating schema as JSON Schema. `side` is `input` for what clients send (a default makes a field optional) and
 * `output` for what they get.
 */
export function toJsonSchema(schema: z.ZodObject, side: "input" | "output", dialect: Dialect): ObjectSchema {
  const described = z.toJSONSchema(schema, {
    io: side,
    target: dialect,
    // A part that JSON Schema cannot say is described as anything, rather than kept from being served.
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => tidy(zodSchema, jsonSchema),
  });
  const { $schema, ...rest } = described;
  return { ...rest, properties: (rest.properties ?? {}) as Record<string, JsonSchema>, required: rest.required ?? [] };
}

/** Leaves out what is true of the implementation but no promise to a client, or says a second time what stands there. */
function tidy(schema: z.core.$ZodTypes, described: JsonSchema): void {
  const { def } = schema._zod;
  // Only a strict object refuses fields it does not know; the others may get more fields later.
  if (def.type === "object" && def.catchall?._zod.def.type !== "never" && described.additionalProperties === false) {
    delete described.additionalProperties;
  }
  if (described.format !== undefined) delete described.pattern;
  if (described.minimum === Number.MIN_SAFE_INTEGER) delete described.minimum;
  if (described.maximum === Number.MAX_SAFE_INTEGER) delete described.maximum;
}
