import type mongoose from "mongoose";
import type { Selection } from "../query.ts";

// Workarounds for departures of FerretDB from MongoDB. Seen on FerretDB 1.24 over SQLite.

/**
 * Documents of one insert into the log. FerretDB checks an insert in groups of a hundred documents. When one is refused it
 * still inserts the next hundred, also where the insert is ordered.
 */
export const MAX_INSERT = 100;

/** Resolves to true when the server is FerretDB, by its build information. */
export async function isFerretDb(database: mongoose.mongo.Db): Promise<boolean> {
  return "ferretdbVersion" in (await database.command({ buildInfo: 1 }));
}

/**
 * Returns true when FerretDB may find documents that are not selected. It lets one element of an array meet the lower bound
 * of a range and another one the upper.
 */
export function mayFindTooMuch({ index, equals, bound }: Selection): boolean {
  return index.many && equals.length === 0 && bound !== undefined;
}

/** Returns true for a replacement that breaks a unique index. FerretDB has no code for it and shows SQLite's message. */
export function isUniqueViolation({ code, message }: mongoose.mongo.MongoServerError): boolean {
  return code === 1 && message.includes("UNIQUE constraint failed");
}
