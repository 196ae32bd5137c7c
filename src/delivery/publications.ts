import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import { REPEATABLE_MS } from "../hub/commands.ts";
import type { Message } from "../hub/message.ts";
import { defineCollection, type Store } from "../store/collection.ts";
import { removeExpired } from "../store/remove-expired.ts";

const SWEEP_MS = 60_000;

const publications = defineCollection({
  name: "publications",
  schema: z.object({
    id: z.string(),
    /** Milliseconds since the epoch. Until then it is known that the message was published. */
    expiresAt: z.number(),
  }),
  indexes: { byExpiry: { fields: ["expiresAt"] } },
});

export interface Publications {
  /**
   * Keeps a message of class `log` that no document's change has caused; from there on it is relayed like those. One with
   * an `id` that was published before is not published again.
   */
  keep(message: Message): Promise<void>;
  /** Ends the removal of old ones; resolves when it no longer uses the store. */
  stop(): Promise<void>;
}

/** A document for each message, so that it has the outbox of one. */
export async function openPublications(
  store: Store,
  clock: Clock,
  onFault: (where: string, error: unknown) => void,
): Promise<Publications> {
  const collection = await store.collection(publications);
  return {
    async keep(message) {
      const id = message.id ?? randomUUID();
      await collection.ensure({ id, expiresAt: clock.now() + REPEATABLE_MS }, [{ ...message, id }]);
    },
    stop: every(clock, SWEEP_MS, async () => {
      await removeExpired(collection, clock.now()).catch((error: unknown) => {
        onFault("removing old publications", error);
      });
    }),
  };
}
