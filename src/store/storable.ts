import type { Id } from "./collection.ts";

/** UTF-8 bytes of a string id; a longer one would not fit the keys of the embedded database. */
const MAX_ID_BYTES = 512;
/** MongoDB takes 100 levels; some are left for what a record wraps around the document. */
const MAX_DEPTH = 64;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * A frozen copy of a document as every database gives it back: plain JSON, fields that are `undefined` left out, -0 as 0,
 * and halves of surrogate pairs, which no UTF-8 can hold, as U+FFFD.
 * Throws an `Error` that names the place of what cannot be stored in both databases: anything that is not JSON, an array
 * within an array, and keys that are empty, `__proto__`, begin with `$` or hold `.` or NUL; at the top also those that
 * begin with `_`, which are the store's own.
 */
export function storable<T extends object>(document: T): T {
  const reserved = Object.keys(document).find((key) => key.startsWith("_"));
  if (reserved !== undefined) throw new Error(`cannot store ${reserved}: names that begin with _ belong to the store`);
  return copy(document, "document", 0) as T;
}

/** Freezes a document through and through: a transition that changes what it was given fails at once. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

/** Whether a document can have this id. Throws an `Error` for what is no id at all: an object must not reach a database. */
export function isStorableId(id: Id): boolean {
  if (typeof id === "number" && Number.isFinite(id)) return true;
  if (typeof id !== "string") throw new Error("an id is a string or a number");
  return Buffer.byteLength(id) <= MAX_ID_BYTES;
}

function copy(value: unknown, path: string, depth: number): unknown {
  const fail = (what: string): never => {
    throw new Error(`cannot store ${path}: ${what}`);
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
