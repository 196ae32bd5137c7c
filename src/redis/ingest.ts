import { z } from "zod";
import { HubError } from "../hub/errors.ts";
import type { Hub } from "../hub/hub.ts";
import { createTurns } from "../hub/in-turn.ts";
import type { Message } from "../hub/message.ts";
import type { Redis } from "./redis.ts";

/** By channel, what messages a publication is. */
export type Ingest = Readonly<Record<string, (publication: unknown) => Message>>;

/**
 * Listens to the channels on which other programs publish JSON for us. Every worker hears every publication: its own
 * members get it from each, but for messages of class `log`, which one of the workers publishes to all (`claim`).
 * What is malformed is told, without its content.
 */
export function openIngest(
  redis: Redis,
  inlets: Ingest,
  hub: Pick<Hub, "publish" | "publishHere" | "events">,
  claim: (channel: string, text: Buffer) => Promise<boolean>,
): void {
  const inTurn = createTurns();

  for (const [channel, messageOf] of Object.entries(inlets)) {
    redis.subscribe("common", channel, (text) => {
      const message = read(channel, text, messageOf);
      if (!message) return;
      if (message.delivery === "log") publish(channel, text, message);
      else hub.publishHere(message);
      hub.events.emit("inlet", { channel, outcome: "delivered" });
    });
  }

  function read(channel: string, text: Buffer, messageOf: Ingest[string]): Message | undefined {
    try {
      return messageOf(JSON.parse(text.toString()));
    } catch (error) {
      if (!isTheirs(error)) throw error;
      hub.events.emit("inlet", { channel, outcome: "malformed" });
      return undefined;
    }
  }

  function publish(channel: string, text: Buffer, message: Message): void {
    const claimed = claim(channel, text);
    const published = inTurn(channel, async () => {
      if (await claimed) await hub.publish(message);
    });
    published.catch((error: unknown) => {
      hub.events.emit("fault", { where: `a publication on ${channel}`, error });
    });
  }
}

/** Whether what was published is wrong, and not what we do with it. */
function isTheirs(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof z.ZodError || error instanceof HubError;
}
