import type { Document } from "../collection.ts";
import { type Page, type Selection, selects } from "../query.ts";
import { documentOf } from "../writes/record.ts";
import { mayFindTooMuch } from "./ferretdb.ts";
import { filterOf, sortOf } from "./filters.ts";
import { type MongoCollection, recordOf } from "./records.ts";

/** The queries of one collection. */
export class MongoFinder<T extends Document> {
  readonly #collection: MongoCollection;
  readonly #isFerretDb: boolean;

  constructor(collection: MongoCollection, isFerretDb: boolean) {
    this.#collection = collection;
    this.#isFerretDb = isFerretDb;
  }

  async find(selection: Selection, { descending, limit, offset }: Page): Promise<T[]> {
    if (this.#mayFindTooMuch(selection))
      return (await this.#checked(selection, descending)).slice(offset, offset + limit);
    return this.#read(selection, descending, { skip: offset, limit });
  }

  async count(selection: Selection): Promise<number> {
    if (this.#mayFindTooMuch(selection)) return (await this.#checked(selection, false)).length;
    return this.#collection.countDocuments(filterOf(selection));
  }

  /** Reads all documents that the database finds and returns those that are selected, for `mayFindTooMuch`. */
  async #checked(selection: Selection, descending: boolean): Promise<T[]> {
    const found = await this.#read(selection, descending, {});
    return found.filter((document) => selects(selection, document));
  }

  async #read(selection: Selection, descending: boolean, page: { skip?: number; limit?: number }): Promise<T[]> {
    const options = { projection: { _commands: 0 }, sort: sortOf(selection, descending), ...page };
    const records = await this.#collection.find(filterOf(selection), options).toArray();
    return records.map((record) => documentOf(recordOf<T>(record)));
  }

  #mayFindTooMuch(selection: Selection): boolean {
    return this.#isFerretDb && mayFindTooMuch(selection);
  }
}
