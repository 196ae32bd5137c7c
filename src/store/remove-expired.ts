import type { Collection, Document } from "./collection.ts";

/** How many expired documents are looked up and removed at a time. */
const BATCH = 200;

/** Removes the documents that have expired by `now`, as their index `byExpiry` says. Rejects as the store does. */
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
