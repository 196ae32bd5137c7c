import type { StoredPublication } from "../../hub/message.ts";
import type { Document } from "../collection.ts";

/** What the store knows of a document that it has given out. */
export interface Origin {
  /** Grows with every change of the document; comparable with the versions of the messages that its changes cause. */
  readonly version: number;
  /** Messages of its last changes that may not be in their logs yet. */
  readonly pending: readonly StoredPublication[];
}

const origins = new WeakMap<Document, Origin>();

/** To be called by the adapters for each document that `get` or `find` gives. */
export function noteOrigin<T extends Document>(document: T, origin: Origin): T {
  origins.set(document, origin);
  return document;
}

/** Where a document that `get` or `find` gave stands. Throws an `Error` for any other object. */
export function originOf(document: Document): Origin {
  const origin = origins.get(document);
  if (!origin) throw new Error("only a document as the store gave it has an origin");
  return origin;
}
