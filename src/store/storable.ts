import type { Id } from "./collection.ts";

/** UTF-8 bytes of a string id, at most. A longer id would not fit the keys of the embedded database. */
const MAX_ID_BYTES = 512;
/** Levels of nesting, at most. MongoDB accepts 100; the record around the document needs some of them. */
const MAX_DEPTH = 64;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * Returns a frozen copy of a document in the form in which every database returns it: plain JSON without `undefined` fields.
 * -0 becomes 0. A lone surrogate, which UTF-8 cannot encode, becomes U+FFFD.
 * Throws an `Error` with the path of a value that cannot be stored in both databases: a value that is not JSON, an array
 * within an array, or a key that is empty, `__proto__`, begins with `$` or contains `.`, NUL or a lone surrogate. At the top
 * level a key that begins with `_` belongs to the store and throws too.
 */
export function storable<T extends object>(document: T): T {
  const reserved = Object.keys(document).find((key) => key.startsWith("_"));
  if (reserved !== undefined) throw new Error(`cannot store ${reserved}: names that begin with _ belong to the store`);
  return copy(document, "document", 0) as T;
}

/** Freezes a document deeply, so that a transition that modifies its argument fails at once. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

/** Returns true for an id that a document can have. Throws an `Error` for other types: an object must not reach a database. */
export function isStorableId(id: Id): boolean {
  if (typeof id === "number" && Number.isFinite(id)) return true;
  if (typeof id !== "string") throw new Error("an id is a string or a number");
  return Buffer.byteLength(id) <= MAX_ID_BYTES;
}

function copy(value: unknown, path: string, depth: number): unknown {
  const fail = (reason: string): never => {
    throw new Error(`cannot store ${path}: ${reason}`);
  };
  if (typeof value === "string") return value.replace(LONE_SURROGATE, "\ufffd");
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : fail("not a finite number");
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value !== "object") return fail(`a ${typeof value} is not JSON`);
  if (depth === MAX_DEPTH) return fail(`deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    return Object.freeze(
      value.map((element, at) => {
        if (Array.isArray(element)) fail("an array within an array");
        return copy(element, `${path}[${at}]`, depth + 1);
      }),
    );
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) fail("only plain objects are JSON");
  const plain: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    if (key === "" || key === "__proto__" || key.startsWith("$") || /[.\0]|\p{Surrogate}/u.test(key)) {
      fail(`the key ${JSON.stringify(key)}`);
    }
    plain[key] = copy(inner, `${path}.${key}`, depth + 1);
  }
  return Object.freeze(plain);
}
