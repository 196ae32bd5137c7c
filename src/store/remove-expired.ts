import type { Collection, Document } from "./collection.ts";

/** Expired documents that are read and removed at a time. */
const BATCH = 200;

/** Removes the documents that have expired by `now` (epoch milliseconds), by their index `byExpiry`. Rejects as the store. */
export async function removeExpired<T extends Document>(
  collection: Pick<Collection<T, "byExpiry">, "find" | "remove">,
  now: number,
): Promise<void> {
  for (;;) {
    const batch = await collection.find("byExpiry", { range: { to: now }, limit: BATCH });
    await Promise.all(batch.map(({ id }) => collection.remove(id)));
    if (batch.length < BATCH) return;
  }
}
