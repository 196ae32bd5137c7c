import type { Document, Scalar } from "../collection.ts";
import { fieldOf, type Index } from "../declaration.ts";
import { type Bound, isScalar, type Selection } from "../query.ts";

/** The values that an index can hold. Documents with any other value in its fields are not in the index. */
const ANY_SCALAR = { $type: ["number", "string", "bool"] };
const LAST_CODE_POINT = 0x10ffff;
export const UNIQUE_PREFIX = "_unique_";
/** The field of a record with a non-empty outbox. Its value is the time of the oldest message; epoch milliseconds. */
export const PENDING_FIELD = "_pendingSince";

/** Returns the name of a document's field in the database. */
export function path(field: string): string {
  return field === "id" ? "_id" : field;
}

/** Returns the filter of a selection. Values are only operands of operators, so a value is never read as an operator. */
export function filterOf({ index, equals, bound }: Selection): Record<string, unknown> {
  const conditions = index.fields.map((field, at): [string, unknown] => {
    if (at < equals.length) return [path(field), { $eq: equals[at] }];
    if (at > equals.length || !bound) return [path(field), ANY_SCALAR];
    const condition = conditionOf(bound);
    return [path(field), at === 0 && index.many ? { $elemMatch: condition } : condition];
  });
  const ordered =
    index.order === undefined || index.fields.includes(index.order) ? [] : [[path(index.order), ANY_SCALAR]];
  return Object.fromEntries([...conditions, ...ordered]);
}

/** Returns the sort order of results: the fields of the selection, then the id. */
export function sortOf({ sort }: Selection, descending: boolean): Record<string, 1 | -1> {
  return Object.fromEntries([...sort.map(path), "_id"].map((field) => [field, descending ? -1 : 1]));
}

/** Returns the keys of the database's index for a declared index. */
export function keysOf({ fields, order }: Index): Record<string, 1> {
  const all = order === undefined ? fields : [...fields, order];
  return Object.fromEntries([...all.map(path), "_id"].map((field) => [field, 1]));
}

/**
 * Returns the name of the field that holds a document's values of a unique index, as text. MongoDB treats a missing field as
 * a value that only one document may have. This field is never missing, so a plain unique index works.
 */
export function uniqueField(index: Index): string {
  return `${UNIQUE_PREFIX}${index.fields.join("_")}`;
}

/** Returns the text of that field. A document that is not in the index gets a value of its own. */
export function uniqueValue(index: Index, document: Document): string {
  const values = index.fields.map((field) => fieldOf(document, field));
  return values.every(isScalar) ? JSON.stringify(values) : `without ${JSON.stringify(document.id)}`;
}

function conditionOf(bound: Bound): Record<string, Scalar> {
  if (bound.prefix !== undefined) return startsWith(bound.prefix);
  const { low, high } = bound;
  return {
    ...(low && { [low.inclusive ? "$gte" : "$gt"]: low.value }),
    ...(high && { [high.inclusive ? "$lte" : "$lt"]: high.value }),
  };
}

/** Returns the range from the prefix up to the first string without it. A comparison with a string selects only strings. */
function startsWith(prefix: string): Record<string, string> {
  const points = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return { $gte: prefix };
  // Surrogates are not characters: U+E000 follows U+D7FF.
  points.push(last === 0xd7ff ? 0xe000 : last + 1);
  return { $gte: prefix, $lt: String.fromCodePoint(...points) };
}
