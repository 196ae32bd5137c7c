import { z } from "zod";
import type { CollectionDeclaration, Document } from "./collection.ts";

/** A declared index in the form that the adapters use. */
export interface Index {
  readonly name: string;
  readonly fields: readonly string[];
  readonly unique: boolean;
  readonly order: string | undefined;
  /** True when the first field holds an array. A document then has an entry for each element. */
  readonly many: boolean;
}

const NAME = /^[A-Za-z][\w-]{0,59}$/;
/** Fields of an index, at most. With more, too little of a long string would fit the key of the embedded database. */
const MAX_FIELDS = 4;

/**
 * Returns the indexes of a declaration by name.
 * Throws an `Error` that names the index when the declaration needs a feature that one of the two databases lacks.
 */
export function indexesOf<T extends Document>(declaration: CollectionDeclaration<T>): ReadonlyMap<string, Index> {
  const { name, schema, indexes } = declaration;
  if (!NAME.test(name)) throw new Error(`collection ${name}: the name must be a letter, then letters, digits, _ or -`);
  return new Map(
    Object.entries<CollectionDeclaration<T>["indexes"][string]>(indexes).map(
      ([indexName, { fields, unique, order }]) => {
        const fail = (reason: string): never => {
          throw new Error(`collection ${name}, index ${indexName}: ${reason}`);
        };
        if (!NAME.test(indexName)) fail("the name must be a letter, then letters, digits, _ or -");
        if (fields.length === 0 || fields.length > MAX_FIELDS) fail(`an index has 1 to ${MAX_FIELDS} fields`);
        if (new Set(fields).size < fields.length) fail("a field is named twice");
        const arrays = fields.map((field) => holdsArray(schema, field) ?? fail(`the schema has no field ${field}`));
        if (arrays.lastIndexOf(true) > 0) fail("only the first field may hold an array");
        const many = arrays[0] === true;
        if (many && unique) fail("an index over an array cannot be unique");
        if (order !== undefined && holdsArray(schema, order) !== false) fail(`cannot be ordered by ${order}`);
        return [indexName, { name: indexName, fields, unique: unique ?? false, order, many }];
      },
    ),
  );
}

/** Returns true when a field of an object schema can hold an array; `undefined` when the schema has no such field. */
function holdsArray(schema: unknown, field: string): boolean | undefined {
  const found = fieldSchemas(schema, field);
  return found.length === 0 ? undefined : found.some(isArray);
}

function fieldSchemas(schema: unknown, field: string): unknown[] {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, field) ? [schema.shape[field]] : [];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => fieldSchemas(option, field));
  if (schema instanceof z.ZodReadonly) return fieldSchemas(schema.unwrap(), field);
  return [];
}

function isArray(schema: unknown): boolean {
  if (schema instanceof z.ZodArray || schema instanceof z.ZodTuple) return true;
  if (schema instanceof z.ZodUnion) return schema.options.some(isArray);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  )
    return isArray(schema.unwrap());
  return false;
}

/** Returns the value of a document's declared field. */
export function fieldOf(document: Document, field: string): unknown {
  return (document as unknown as Readonly<Record<string, unknown>>)[field];
}
