import { HubError } from "../../hub/errors.ts";
import type { CollectionDeclaration, Document, Id } from "../collection.ts";
import { fieldOf, type Index } from "../declaration.ts";
import { type Outbox, pendingSince, type Records, type Step, type Stored, storedOf } from "../writes/record.ts";
import type { EmbeddedDatabase } from "./database.ts";
import { component, components, documentKey, entriesOf, indexPrefix, isCut, keysFrom, valueRows } from "./keys.ts";

/** Version of the entries' format. When it changes, all entries are written again at start. */
const FORMAT = 1;

/** The records of one collection, with their index entries. A record and its entries change in one transaction. */
export class EmbeddedRecords<T extends Document> implements Records<T> {
  readonly #database: EmbeddedDatabase;
  readonly #collection: string;
  readonly #indexes: readonly { readonly index: Index; readonly prefix: Buffer }[];

  constructor(database: EmbeddedDatabase, { name }: CollectionDeclaration<T>, indexes: ReadonlyMap<string, Index>) {
    this.#database = database;
    this.#collection = name;
    this.#indexes = [...indexes.values()].map((index) => ({ index, prefix: indexPrefix(name, index.name) }));
  }

  /** Returns the newest record. To be called within `read` or `transaction`. */
  get(id: Id): Stored<T> | undefined {
    return this.#read(documentKey(this.#collection, id));
  }

  async pending(until: number, limit: number): Promise<Outbox[]> {
    const start = component(this.#collection);
    return this.#database.read(() => {
      const keys = this.#database.pending.getKeys({ start, end: keysFrom(this.#pendingAt(until)).end, limit });
      return [...keys].flatMap((key) => {
        const id = components(key).at(-1);
        const record = id && this.#read(Buffer.concat([start, id]));
        return record ? { id: record.document.id, outbox: record.outbox } : [];
      });
    });
  }

  update(id: Id, step: Step<T>): Promise<void> {
    return this.#database.transaction(() => {
      const current = this.get(id);
      const next = step(current);
      if (next === "keep") return;
      const key = documentKey(this.#collection, id);
      const before = current ? this.#entriesOf(current.document) : new Map<string, Buffer>();
      const after = next === "remove" ? new Map<string, Buffer>() : this.#entriesOf(next.document);
      const { documents, entries, pending } = this.#database;
      const pendingBefore = current && this.#pendingKey(current);
      const pendingAfter = next === "remove" ? undefined : this.#pendingKey(next);
      if (next === "remove") documents.remove(key);
      else {
        for (const { index, prefix } of this.#indexes) {
          if (index.unique && this.#isTaken(index, prefix, next.document)) throw new HubError("conflict");
        }
        documents.put(key, next);
      }
      for (const [text, entry] of before) if (!after.has(text)) entries.remove(entry);
      for (const [text, entry] of after) if (!before.has(text)) entries.put(entry, true);
      if (pendingBefore && !pendingAfter?.equals(pendingBefore)) pending.remove(pendingBefore);
      if (pendingAfter && !pendingBefore?.equals(pendingAfter)) pending.put(pendingAfter, true);
    });
  }

  /**
   * Writes the entries of indexes that are new or whose declaration has changed, and removes those of dropped indexes.
   * Rejects with an `Error` when stored documents break a unique index.
   */
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
        const { document } = this.#read(key) as Stored<T>;
        for (const { index, prefix } of declared.values()) {
          if (index.unique && this.#isTaken(index, prefix, document)) {
            throw new Error(`collection ${this.#collection}, index ${index.name}: stored documents are not unique`);
          }
          for (const entry of entriesOf(prefix, index, document)) entries.put(entry, true);
        }
      }
    });
  }

  #read(key: Buffer): Stored<T> | undefined {
    const record = this.#database.documents.get(key) as Stored<T> | undefined;
    return record && storedOf(record);
  }

  /** Returns the prefix, in the `pending` table, of outboxes whose oldest message was written at `time`. */
  #pendingAt(time: number): Buffer {
    return Buffer.concat([component(this.#collection), component(time)]);
  }

  #pendingKey({ document, outbox }: Stored<T>): Buffer | undefined {
    const since = pendingSince(outbox);
    return since === undefined ? undefined : Buffer.concat([this.#pendingAt(since), component(document.id)]);
  }

  #entriesOf(document: T): Map<string, Buffer> {
    const keys = this.#indexes.flatMap(({ index, prefix }) => entriesOf(prefix, index, document));
    return new Map(keys.map((key) => [key.toString("latin1"), key]));
  }

  /** Returns true when another document has the same values in a unique index. */
  #isTaken(index: Index, prefix: Buffer, document: T): boolean {
    const own = component(document.id);
    for (const row of valueRows(index, document)) {
      for (const key of this.#database.entries.getKeys(keysFrom(Buffer.concat([prefix, ...row])))) {
        const id = components(key).at(-1);
        if (id?.equals(own) === false && (!row.some(isCut) || this.#hasSameValues(index, document, id))) return true;
      }
    }
    return false;
  }

  /**
   * Returns true when a document and the one with this id have equal values in an index. The entries of cut strings cannot
   * answer that.
   */
  #hasSameValues(index: Index, document: T, id: Buffer): boolean {
    const other = this.#database.documents.get(Buffer.concat([component(this.#collection), id])) as Stored<T>;
    return index.fields.every((field) => fieldOf(other.document, field) === fieldOf(document, field));
  }
}
