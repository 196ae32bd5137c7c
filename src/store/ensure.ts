import { HubError } from "../hub/errors.ts";
import type { Message } from "../hub/message.ts";
import type { Collection, Document } from "./collection.ts";

/**
 * Inserts a document whose id its command gave, and resolves to it; to the one that is stored where the command has
 * inserted it before. Rejects with `HubError("conflict")` when a unique index is taken.
 */
export async function insertOnce<T extends Document, I extends string>(
  collection: Pick<Collection<T, I>, "insert" | "get">,
  document: T,
  messages: readonly Message[] = [],
): Promise<T> {
  try {
    await collection.insert(document, messages);
    return document;
  } catch (error) {
    const stored = error instanceof HubError && error.code === "conflict" && (await collection.get(document.id));
    if (!stored) throw error;
    return stored;
  }
}

/** Inserts those documents whose ids (or unique values) are not there yet; for demo data. */
export async function insertMissing<T extends Document>(
  collection: Collection<T>,
  documents: readonly T[],
): Promise<void> {
  const inserts = documents.map((document) =>
    collection.insert(document).catch((error: unknown) => {
      if (!(error instanceof HubError && error.code === "conflict")) throw error;
    }),
  );
  await Promise.all(inserts);
}
