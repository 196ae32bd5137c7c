import type { Document, Query, Scalar } from "./collection.ts";
import { fieldOf, type Index } from "./declaration.ts";

interface Limit {
  readonly value: Scalar;
  readonly inclusive: boolean;
}

/** The condition on the field after the fixed ones: a prefix of a string, or a range of values of one type. */
export type Bound =
  | { readonly prefix: string }
  | { readonly prefix: undefined; readonly low: Limit | undefined; readonly high: Limit | undefined };

/** A query that was checked against its index. All adapters work from it. */
export interface Selection {
  readonly index: Index;
  /** Values of the leading fields. */
  readonly equals: readonly Scalar[];
  /** The condition on the field after them. */
  readonly bound: Bound | undefined;
  /** The fields by which results are sorted, before the id. */
  readonly sort: readonly string[];
}

export interface Page {
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** Documents in one page, at most. */
export const MAX_LIMIT = 1_000;

/** Checks a query against its index. Throws an `Error` with the reason when the index cannot answer it. */
export function selection(index: Index | undefined, query: Pick<Query, "equals" | "prefix" | "range">): Selection {
  if (!index) throw new Error("query of an index that is not declared");
  const fail = (reason: string): never => {
    throw new Error(`query of index ${index.name}: ${reason}`);
  };
  const { equals = [], prefix, range } = query;
  if (!equals.every(isScalar)) fail("values must be strings, numbers or booleans");
  if (equals.length > index.fields.length) fail(`it has ${index.fields.length} fields, not ${equals.length}`);
  const bound = prefix === undefined ? boundOf(range ?? {}, fail) : { prefix };
  if (prefix !== undefined && (typeof prefix !== "string" || range)) fail("a prefix is a string, and without a range");
  if (bound && equals.length === index.fields.length) fail("no field is left for a prefix or range");
  return { index, equals, bound, sort: sortOf(index, equals.length) };
}

/** Returns the page of a query. Throws an `Error` when its limit or offset is out of range. */
export function page({ descending = false, limit, offset = 0 }: Query): Page {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw new Error(`limit must be 1 to ${MAX_LIMIT}`);
  if (!Number.isSafeInteger(offset) || offset < 0) throw new Error("offset must be a whole number from 0");
  return { descending, limit, offset };
}

/** Returns true for a value that an index can hold. JSON has no infinite numbers. */
export function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

/** Returns true when a document is selected, for cases that the index alone cannot decide. */
export function selects({ index, equals, bound }: Selection, document: Document): boolean {
  return index.fields.every((field, at) => {
    const value = fieldOf(document, field);
    return at === 0 && index.many && Array.isArray(value)
      ? value.some((element) => fits(at, element))
      : fits(at, value);
  });

  function fits(at: number, value: unknown): boolean {
    if (at < equals.length) return value === equals[at];
    if (at > equals.length || !bound) return isScalar(value);
    if (bound.prefix !== undefined) return typeof value === "string" && value.startsWith(bound.prefix);
    const { low, high } = bound;
    return (
      isScalar(value) &&
      (!low || (typeof value === typeof low.value && above(value, low))) &&
      (!high || (typeof value === typeof high.value && below(value, high)))
    );
  }
}

function above(value: Scalar, { value: limit, inclusive }: Limit): boolean {
  const order = compare(value, limit);
  return inclusive ? order >= 0 : order > 0;
}

function below(value: Scalar, { value: limit, inclusive }: Limit): boolean {
  const order = compare(value, limit);
  return inclusive ? order <= 0 : order < 0;
}

/** Compares strings by their UTF-8 bytes, as both databases do. JavaScript's own order differs beyond U+FFFF. */
function compare(left: Scalar, right: Scalar): number {
  if (typeof left === "string" && typeof right === "string")
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return Number(left) - Number(right);
}

function boundOf(range: NonNullable<Query["range"]>, fail: (reason: string) => never): Bound | undefined {
  const { from, after, to, before } = range;
  const given = [from, after, to, before].filter((value) => value !== undefined);
  if (given.length === 0) return undefined;
  if (!given.every(isScalar)) fail("bounds must be strings, numbers or booleans");
  if (new Set(given.map((value) => typeof value)).size > 1) fail("bounds must be of one type");
  if (from !== undefined && after !== undefined) fail("from and after exclude each other");
  if (to !== undefined && before !== undefined) fail("to and before exclude each other");
  return { prefix: undefined, low: limitOf(from, after), high: limitOf(to, before) };
}

function limitOf(inclusive: Scalar | undefined, exclusive: Scalar | undefined): Limit | undefined {
  if (inclusive !== undefined) return { value: inclusive, inclusive: true };
  return exclusive === undefined ? undefined : { value: exclusive, inclusive: false };
}

/**
 * Returns the fields of the sort order: the declared order, else the fields that equality does not fix. A document that is
 * found by several elements of an array has no single place among them, so then the id alone decides.
 */
function sortOf({ fields, order, many }: Index, fixed: number): readonly string[] {
  if (order !== undefined) return [order];
  return many && fixed === 0 ? [] : fields.slice(fixed);
}
