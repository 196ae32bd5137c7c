import type { Document, Id, Scalar } from "../collection.ts";
import { fieldOf, type Index } from "../declaration.ts";
import { isScalar, type Selection } from "../query.ts";

/**
 * Keys of the embedded database: bytes that sort as the values that they encode.
 *
 * A key is a sequence of components. Each component marks its own end:
 *
 *     number   10, the double's eight bytes, with bits flipped so that they sort
 *     string   20, UTF-8 with 00 written as 00 FF, then 00 00; or 00 01 when it was cut for its length
 *     boolean  30, 00 or 01
 *
 * An index entry is: collection, index, the values of the fields, the value of the declared order (if any), id.
 * All numbers come before all strings, and all strings before all booleans, as in MongoDB.
 */
const NUMBER = 0x10;
const STRING = 0x20;
const BOOLEAN = 0x30;
const END = Buffer.from([0, 0]);
const CUT_END = Buffer.from([0, 1]);
/** A byte greater than any byte that can follow a component or a part of a string. */
const TOP = Buffer.from([0xff]);

/**
 * Bytes for the values of an index entry: LMDB's limit of 1,978 less two names of up to 60 bytes and an id of up to 512
 * (escaped, 1,024).
 */
const VALUE_BYTES = 800;

/** Encodes a value as a component. A string of more than `room` bytes is cut, and `isCut` is true for the result. */
export function component(value: Scalar, room = Number.POSITIVE_INFINITY): Buffer {
  if (typeof value === "number") {
    const bytes = Buffer.allocUnsafe(9);
    bytes[0] = NUMBER;
    bytes.writeDoubleBE(value + 0, 1);
    const negative = value < 0;
    for (let at = 1; at < 9; at++) bytes[at] = (bytes[at] ?? 0) ^ (negative ? 0xff : at === 1 ? 0x80 : 0);
    return bytes;
  }
  if (typeof value === "boolean") return Buffer.from([BOOLEAN, value ? 1 : 0]);
  const { bytes, cut } = text(value, room);
  return Buffer.concat([Buffer.from([STRING]), bytes, cut ? CUT_END : END]);
}

/** Returns true for the component of a cut string. It stands for all strings that begin with its bytes. */
export function isCut(part: Buffer): boolean {
  return part[0] === STRING && part[part.length - 1] === 1;
}

/** Splits a key into its components, in order. */
export function components(key: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < key.length; ) {
    let end = start + (key[start] === NUMBER ? 9 : 2);
    if (key[start] === STRING) {
      end = key.indexOf(0, start + 1);
      while (key[end + 1] === 0xff) end = key.indexOf(0, end + 2);
      end += 2;
    }
    parts.push(key.subarray(start, end));
    start = end;
  }
  return parts;
}

/** Returns the prefix of all entries of an index. */
export function indexPrefix(collection: string, index: string): Buffer {
  return Buffer.concat([component(collection), component(index)]);
}

export function documentKey(collection: string, id: Id): Buffer {
  return Buffer.concat([component(collection), component(id)]);
}

/** Returns the range of all keys that begin with `prefix`, a sequence of components. */
export function keysFrom(prefix: Buffer): { start: Buffer; end: Buffer } {
  return { start: prefix, end: Buffer.concat([prefix, TOP]) };
}

/**
 * Returns a document's keys in one index: one, or one for each distinct element of an array. There is none when a field is
 * missing.
 */
export function entriesOf(prefix: Buffer, index: Index, document: Document): Buffer[] {
  const rows = valueRows(index, document);
  const order = index.order === undefined ? [] : [fieldOf(document, index.order)];
  if (!order.every(isScalar)) return [];
  const tail = [...order.map((value) => component(value, bytesPerValue(index))), component(document.id)];
  const keys = rows.map((row) => Buffer.concat([prefix, ...row, ...tail]));
  return [...new Map(keys.map((key) => [key.toString("latin1"), key])).values()];
}

/** Returns the values of a document in an index as components. An array in the first field gives a row for each element. */
export function valueRows(index: Index, document: Document): Buffer[][] {
  const [first, ...rest] = index.fields.map((field) => fieldOf(document, field));
  if (!rest.every(isScalar)) return [];
  const firsts = index.many && Array.isArray(first) ? first : [first];
  const room = bytesPerValue(index);
  return firsts.filter(isScalar).map((value) => [value, ...rest].map((part) => component(part, room)));
}

export interface KeyRange {
  /** Inclusive; `end` is exclusive. */
  readonly start: Buffer;
  readonly end: Buffer;
  /** False when a long string was cut. Then entries in the range may belong to documents that are not selected. */
  readonly exact: boolean;
}

/** Returns the range of the entries of a selection. */
export function keyRange(prefix: Buffer, { index, equals, bound }: Selection): KeyRange {
  const room = bytesPerValue(index);
  const fixed = equals.map((value) => component(value, room));
  const base = Buffer.concat([prefix, ...fixed]);
  const exact = !fixed.some(isCut);
  if (!bound) return { ...keysFrom(base), exact };
  if (bound.prefix !== undefined) {
    const { bytes, cut } = text(bound.prefix, room);
    const start = Buffer.concat([base, Buffer.from([STRING]), bytes]);
    return { ...keysFrom(start), exact: exact && !cut };
  }
  const low = bound.low && component(bound.low.value, room);
  const high = bound.high && component(bound.high.value, room);
  const type = (low ?? high)?.[0] ?? NUMBER;
  const lowCut = low !== undefined && isCut(low);
  const highCut = high !== undefined && isCut(high);
  // A cut bound stands for several values, some of them out of range. The range includes all; the caller checks documents.
  const start = low ? [base, low, ...(bound.low?.inclusive || lowCut ? [] : [TOP])] : [base, Buffer.from([type])];
  const end = high ? [base, high, ...(bound.high?.inclusive || highCut ? [TOP] : [])] : [base, Buffer.from([type + 1])];
  return { start: Buffer.concat(start), end: Buffer.concat(end), exact: exact && !lowCut && !highCut };
}

/** Returns the bytes for each value of an index. */
function bytesPerValue(index: Index): number {
  return Math.floor(VALUE_BYTES / (index.fields.length + (index.order === undefined ? 0 : 1)));
}

/** Escapes a string's UTF-8 bytes and cuts them to `room` bytes. */
function text(value: string, room: number): { bytes: Buffer; cut: boolean } {
  const utf8 = Buffer.from(value);
  if (utf8.length <= room && !utf8.includes(0)) return { bytes: utf8, cut: false };
  const bytes: number[] = [];
  for (const byte of utf8) {
    const escaped = byte === 0 ? [0, 0xff] : [byte];
    if (bytes.length + escaped.length > room) return { bytes: Buffer.from(bytes), cut: true };
    bytes.push(...escaped);
  }
  return { bytes: Buffer.from(bytes), cut: false };
}
