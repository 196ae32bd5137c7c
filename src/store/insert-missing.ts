import { HubError } from "../hub/errors.ts";
import type { Collection, Document } from "./collection.ts";

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
