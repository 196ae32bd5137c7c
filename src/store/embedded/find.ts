import type { Document } from "../collection.ts";
import { fieldOf } from "../declaration.ts";
import { isScalar, type Page, type Selection, selects } from "../query.ts";
import { documentOf, type Stored, storedOf } from "../writes/record.ts";
import type { EmbeddedDatabase } from "./database.ts";
import { component, components, isCut, type KeyRange, keyRange } from "./keys.ts";

/** The target of a query: the database, and the prefixes of the collection's document keys and of the index's entries. */
export interface QueryTarget {
  readonly database: EmbeddedDatabase;
  readonly collection: Buffer;
  readonly index: Buffer;
}

/** Returns the selected documents of a page. To be called within `database.read`. */
export function findEntries<T extends Document>(target: QueryTarget, selection: Selection, page: Page): T[] {
  const range = keyRange(target.index, selection);
  const { offset, limit, descending } = page;
  if (range.exact && sortedByKey(selection)) {
    const keys = target.database.entries.getKeys({ ...ends(range, descending), offset, limit });
    const entries = [...keys].map(components);
    if (!entries.some((parts) => parts.some(isCut)))
      return entries.map((parts) => documentAt<T>(target, idPart(parts)));
  }
  const ids = distinct(target, selection, range);
  if (descending) ids.reverse();
  return ids.slice(offset, offset + limit).map((id) => documentAt<T>(target, id));
}

/** Counts the selected documents. To be called within `database.read`. */
export function countEntries(target: QueryTarget, selection: Selection): number {
  const range = keyRange(target.index, selection);
  if (range.exact && !foundOften(selection)) return target.database.entries.getKeysCount(ends(range, false));
  return distinct(target, selection, range).length;
}

/** Returns the ids of the selected documents, each once, in the order of the results. */
function distinct(target: QueryTarget, selection: Selection, range: KeyRange): Buffer[] {
  const found = new Map<string, { readonly rank: Buffer; readonly id: Buffer }>();
  for (const key of target.database.entries.getKeys(ends(range, false))) {
    const parts = components(key);
    const id = idPart(parts);
    // An entry ends with the sort values and the id. Concatenated components sort as their values do.
    const rank = parts.slice(-1 - selection.sort.length);
    if (range.exact && !rank.some(isCut)) {
      found.set(id.toString("latin1"), { rank: Buffer.concat(rank), id });
      continue;
    }
    const document = documentAt(target, id);
    if (selects(selection, document)) found.set(id.toString("latin1"), { rank: rankOf(selection, document), id });
  }
  return [...found.values()].sort((left, right) => Buffer.compare(left.rank, right.rank)).map(({ id }) => id);
}

/** Returns the sort key of a document. Its strings are not cut. */
function rankOf({ sort }: Selection, document: Document): Buffer {
  const values = [...sort.map((field) => fieldOf(document, field)), document.id];
  return Buffer.concat(values.filter(isScalar).map((value) => component(value)));
}

/** Returns true when the entries are in the order of the results. */
function sortedByKey(selection: Selection): boolean {
  const { index, equals } = selection;
  return index.order === undefined ? !foundOften(selection) : equals.length === index.fields.length;
}

/** Returns true when a document may have several entries in the range. */
function foundOften({ index, equals }: Selection): boolean {
  return index.many && equals.length === 0;
}

function ends({ start, end }: KeyRange, descending: boolean) {
  return descending ? { start: end, end: start, reverse: true } : { start, end };
}

function idPart(parts: readonly Buffer[]): Buffer {
  const id = parts.at(-1);
  if (!id) throw new Error("corrupt database: an index entry has no id");
  return id;
}

function documentAt<T extends Document>({ database, collection }: QueryTarget, id: Buffer): T {
  const stored = database.documents.get(Buffer.concat([collection, id])) as Stored<T> | undefined;
  if (!stored) throw new Error("corrupt database: an index entry has no document");
  return documentOf(storedOf(stored));
}
