import { z } from "zod";
import { HubError } from "../hub/errors.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Redis } from "./redis.ts";

type Inlets = Readonly<Record<string, (publication: unknown) => void>>;

/** Listens to the channels on which other programs publish JSON for us. What is malformed is told, without its content. */
export function openInlets(redis: Redis, inlets: Inlets, events: HubEvents): void {
  for (const [channel, take] of Object.entries(inlets)) {
    redis.subscribe("common", channel, (payload) => {
      try {
        take(JSON.parse(payload.toString()));
      } catch (error) {
        if (!isTheirs(error)) throw error;
        events.emit("inlet", { channel, outcome: "malformed" });
        return;
      }
      events.emit("inlet", { channel, outcome: "delivered" });
    });
  }
}

/** Whether what was published is wrong, and not what we do with it. */
function isTheirs(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof z.ZodError || error instanceof HubError;
}
