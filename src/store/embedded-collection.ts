import { HubError } from "../hub/errors.ts";
import type { CollectionDeclaration, Document, Id } from "./collection.ts";
import { fieldOf, type Index } from "./declaration.ts";
import type { EmbeddedDatabase } from "./embedded-database.ts";
import type { Records, Step, Stored } from "./group-commit.ts";
import {
  component,
  components,
  documentKey,
  entriesOf,
  indexPrefix,
  isCut,
  keysFrom,
  valueRows,
} from "./index-keys.ts";

/** Changes when entries are made in another way: then all are made anew. */
const FORMAT = 1;

/** The records of one collection with their index entries, which change in the same transaction. */
export class EmbeddedRecords<T extends Document> implements Records<T> {
  readonly #database: EmbeddedDatabase;
  readonly #collection: string;
  readonly #indexes: readonly { readonly index: Index; readonly prefix: Buffer }[];

  constructor(database: EmbeddedDatabase, { name }: CollectionDeclaration<T>, indexes: ReadonlyMap<string, Index>) {
    this.#database = database;
    this.#collection = name;
    this.#indexes = [...indexes.values()].map((index) => ({ index, prefix: indexPrefix(name, index.name) }));
  }

  /** The newest record. To be called within `read` or `transaction`. */
  get(id: Id): Stored<T> | undefined {
    return this.#database.documents.get(documentKey(this.#collection, id)) as Stored<T> | undefined;
  }

  update(id: Id, step: Step<T>): Promise<void> {
    return this.#database.transaction(() => {
      const current = this.get(id);
      const next = step(current);
      if (next === "keep") return;
      const key = documentKey(this.#collection, id);
      const before = current ? this.#entriesOf(current.document) : new Map<string, Buffer>();
      const after = next === "remove" ? new Map<string, Buffer>() : this.#entriesOf(next.document);
      const { documents, entries } = this.#database;
      if (next === "remove") documents.remove(key);
      else {
        for (const { index, prefix } of this.#indexes) {
          if (index.unique && this.#isTaken(index, prefix, next.document)) throw new HubError("conflict");
        }
        documents.put(key, next);
      }
      for (const [text, entry] of before) if (!after.has(text)) entries.remove(entry);
      for (const [text, entry] of after) if (!before.has(text)) entries.put(entry, true);
    });
  }

  /** Makes the entries of indexes that are new or declared otherwise than before, and removes those of dropped ones. */
  prepare(): Promise<void> {
    return this.#database.transaction(() => {
      const { declarations, documents, entries } = this.#database;
      const declared = new Map(
        this.#indexes.map((one) => {
          const { fields, unique, order, many } = one.index;
          const text = JSON.stringify({ format: FORMAT, fields, unique, order, many });
          return [one.prefix.toString("latin1"), { ...one, text }];
        }),
      );
      for (const { key, value } of [...declarations.getRange(keysFrom(component(this.#collection)))]) {
        if (declared.get(key.toString("latin1"))?.text === value) {
          declared.delete(key.toString("latin1"));
          continue;
        }
        for (const entry of [...entries.getKeys(keysFrom(key))]) entries.remove(entry);
        declarations.remove(key);
      }
      if (declared.size === 0) return;
      for (const { prefix, text } of declared.values()) declarations.put(prefix, text);
      for (const key of [...documents.getKeys(keysFrom(component(this.#collection)))]) {
        const { document } = documents.get(key) as Stored<T>;
        for (const { index, prefix } of declared.values()) {
          if (index.unique && this.#isTaken(index, prefix, document)) {
            throw new Error(`collection ${this.#collection}, index ${index.name}: stored documents are not unique`);
          }
          for (const entry of entriesOf(prefix, index, document)) entries.put(entry, true);
        }
      }
    });
  }

  #entriesOf(document: T): Map<string, Buffer> {
    const keys = this.#indexes.flatMap(({ index, prefix }) => entriesOf(prefix, index, document));
    return new Map(keys.map((key) => [key.toString("latin1"), key]));
  }

  /** Whether another document has the values of this one in a unique index. */
  #isTaken(index: Index, prefix: Buffer, document: T): boolean {
    const own = component(document.id);
    for (const row of valueRows(index, document)) {
      for (const key of this.#database.entries.getKeys(keysFrom(Buffer.concat([prefix, ...row])))) {
        const id = components(key).at(-1);
        if (id?.equals(own) === false && (!row.some(isCut) || this.#same(index, document, id))) return true;
      }
    }
    return false;
  }

  /** Whether a document has the same values in an index as the one with this id; entries of long strings do not say. */
  #same(index: Index, document: T, id: Buffer): boolean {
    const other = this.#database.documents.get(Buffer.concat([component(this.#collection), id])) as Stored<T>;
    return index.fields.every((field) => fieldOf(other.document, field) === fieldOf(document, field));
  }
}
