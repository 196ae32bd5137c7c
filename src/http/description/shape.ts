import type { JsonSchema } from "./json-schema.ts";

/**
 * Formats a JSON Schema for people, in the manner of TypeScript:
 * `{ eventId: integer, seats?: integer }`, `"online" | "offline"`, `{ id: string }[]`.
 */
export function shape(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return alternatives.map(partShape).join(" | ");
  if (schema.type === "object") return objectShape(schema);
  if (schema.type === "array") return arrayShape(schema);
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  if (typeof schema.type !== "string") return "any";
  return schema.format === undefined ? schema.type : `${schema.type} (${schema.format})`;
}

function objectShape({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${name}${required.includes(name) ? "" : "?"}: ${partShape(schema)}`,
  );
  if (typeof additionalProperties === "object") fields.push(`[name]: ${partShape(additionalProperties)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function arrayShape({ items }: JsonSchema): string {
  const item = Array.isArray(items) || items === undefined ? "any" : partShape(items);
  return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
}

/** A part may be `true` or `false` instead of a schema. */
function partShape(part: JsonSchema | boolean): string {
  return typeof part === "boolean" ? "any" : shape(part);
}
