import type mongoose from "mongoose";
import type { Selection } from "../query.ts";

// Workarounds for departures of FerretDB from MongoDB. Seen on FerretDB 1.24 over SQLite.

/**
 * Documents in one insert, at most. FerretDB processes an insert in groups of 100. When it refuses a document of one group
 * it still inserts the next group, even if the insert is ordered.
 */
export const MAX_INSERT = 100;

/** Resolves to true when the build information of the server names FerretDB. */
export async function isFerretDb(database: mongoose.mongo.Db): Promise<boolean> {
  return "ferretdbVersion" in (await database.command({ buildInfo: 1 }));
}

/**
 * Returns true when FerretDB may find documents that are not selected. For a range over an
 * array, one element may meet the lower bound and another one the upper.
 */
export function mayFindTooMuch({ index, equals, bound }: Selection): boolean {
  return index.many && equals.length === 0 && bound !== undefined;
}

/** Returns true for a replacement that breaks a unique index. FerretDB has no code for it and passes on SQLite's message. */
export function isUniqueViolation({ code, message }: mongoose.mongo.MongoServerError): boolean {
  return code === 1 && message.includes("UNIQUE constraint failed");
}
