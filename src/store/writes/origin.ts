import type { StoredPublication } from "../../hub/message.ts";
import type { Document } from "../collection.ts";

/** The store's metadata of a document that it has returned. */
export interface Origin {
  /** Grows with every change of the document. Comparable with the versions of the messages of its changes. */
  readonly version: number;
  /** Messages of its last changes that may not be in their logs yet. */
  readonly pending: readonly StoredPublication[];
}

const origins = new WeakMap<Document, Origin>();

/** Attaches an origin to a document that `get` or `find` returns. Called by the adapters. */
export function noteOrigin<T extends Document>(document: T, origin: Origin): T {
  origins.set(document, origin);
  return document;
}

/** Returns the origin of a document that `get` or `find` returned. Throws an `Error` for any other object, also for a copy. */
export function originOf(document: Document): Origin {
  const origin = origins.get(document);
  if (!origin) throw new Error("the object has no origin: pass the document that the store returned, not a copy");
  return origin;
}
