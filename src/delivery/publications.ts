import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import { IDEMPOTENCY_MS } from "../hub/commands.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Message } from "../hub/message.ts";
import { defineCollection, type Store } from "../store/collection.ts";
import { removeExpired } from "../store/remove-expired.ts";

/** The interval at which old documents are removed; milliseconds. */
const SWEEP_MS = 60_000;

const publications = defineCollection({
  name: "publications",
  schema: z.object({
    id: z.string(),
    /** The time until which the same id is not published again; epoch milliseconds. */
    expiresAt: z.number(),
  }),
  indexes: { byExpiry: { fields: ["expiresAt"] } },
});

/** The messages of class `log` that no document's change has caused. */
export interface Publications {
  /**
   * Stores a message of class `log` that no document's change has caused. The store then relays it. A message with an
   * id that was stored before is not stored again.
   */
  keep(message: Message & { readonly id: string }): Promise<void>;
  /** Stops the removal of old documents. Resolves when it no longer uses the store. */
  stop(): Promise<void>;
}

/** Opens the collection of these messages. Each has a document, whose outbox holds it. Rejects as the store does. */
export async function openPublications(store: Store, clock: Clock, events: HubEvents): Promise<Publications> {
  const collection = await store.collection(publications);
  return {
    async keep(message) {
      await collection.ensure({ id: message.id, expiresAt: clock.now() + IDEMPOTENCY_MS }, [message]);
    },
    stop: every(clock, SWEEP_MS, async () => {
      await removeExpired(collection, clock.now()).catch((error: unknown) => {
        events.emit("fault", { where: "removing old publications", error });
      });
    }),
  };
}
