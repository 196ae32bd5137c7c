import { z } from "zod";
import { HubError } from "../hub/errors.ts";
import type { Hub } from "../hub/hub.ts";
import { createTurns } from "../hub/in-turn.ts";
import type { Message } from "../hub/message.ts";
import type { Redis } from "./redis.ts";

/** The functions that make a message of a publication, by Redis channel. */
export type Ingest = Readonly<Record<string, (publication: unknown) => Message>>;

/**
 * Subscribes to the channels on which other programs publish JSON. Every worker receives every publication and delivers
 * it to its own members. Messages of class `log` are an exception: one worker claims each and publishes it to all. A
 * malformed publication is reported without its content.
 */
export function openIngest(
  redis: Redis,
  ingest: Ingest,
  hub: Pick<Hub, "publish" | "deliver" | "events">,
  claim: (channel: string, text: Buffer) => Promise<boolean>,
): void {
  const inTurn = createTurns();

  for (const [channel, messageOf] of Object.entries(ingest)) {
    redis.subscribe("common", channel, (text) => {
      const message = read(channel, text, messageOf);
      if (!message) return;
      if (message.delivery === "log") publish(channel, text, message);
      else hub.deliver(message);
      hub.events.emit("ingest", { channel, outcome: "delivered" });
    });
  }

  function read(channel: string, text: Buffer, messageOf: Ingest[string]): Message | undefined {
    try {
      return messageOf(JSON.parse(text.toString()));
    } catch (error) {
      if (!isMalformed(error)) throw error;
      hub.events.emit("ingest", { channel, outcome: "malformed" });
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

/** Returns true if the publication caused the error, and not a fault of the hub. */
function isMalformed(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof z.ZodError || error instanceof HubError;
}
