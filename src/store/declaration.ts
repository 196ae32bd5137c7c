import { z } from "zod";
import type { CollectionDeclaration, Document } from "./collection.ts";

/** A declared index as the adapters use it. */
export interface Index {
  readonly name: string;
  readonly fields: readonly string[];
  readonly unique: boolean;
  readonly order: string | undefined;
  /** The first field holds an array, so that a document has an entry for each element. */
  readonly many: boolean;
}

const NAME = /^[A-Za-z][\w-]{0,59}$/;
/** With more, too little of a long string would fit the key of the embedded database. */
const MAX_FIELDS = 4;

/**
 * The indexes of a declaration by name.
 * Throws at start, naming the index, when the declaration asks for what the two databases do not both do.
 */
export function indexesOf<T extends Document>(declaration: CollectionDeclaration<T>): ReadonlyMap<string, Index> {
  const { name, schema, indexes } = declaration;
  if (!NAME.test(name)) throw new Error(`collection ${name}: the name must be a letter, then letters, digits, _ or -`);
  return new Map(
    Object.entries<CollectionDeclaration<T>["indexes"][string]>(indexes).map(
      ([indexName, { fields, unique, order }]) => {
        const fail = (what: string): never => {
          throw new Error(`collection ${name}, index ${indexName}: ${what}`);
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

/** Whether a field of an object schema can hold an array; undefined when the schema has no such field. */
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

/** What a document holds in a declared field. */
export function fieldOf(document: Document, field: string): unknown {
  return (document as unknown as Readonly<Record<string, unknown>>)[field];
}
