import type { AppDeps } from "junction-hub";
import { inbound, outbound } from "./messages.ts";
import type { VehiclesService } from "./service.ts";

const MINUTE_MS = 60_000;

/** Declares the channel for search as you type among the vehicles parked now. */
export function vehicleChannel(channel: AppDeps["channel"], service: VehiclesService): void {
  channel("/vehicles/search", {
    credential: "apiKey",
    envelope: "data",
    inbound,
    outbound,
    error: ({ message }) => ({ detail: message }),
    limits: {
      connectionsPerCredential: 5,
      messages: { search: { max: 10, windowMs: MINUTE_MS } },
      idleMs: 5 * MINUTE_MS,
    },
    on: {
      async search(client, { term }) {
        const results = await service.search(term);
        client.send("search_results", results);
        return { total: results.total };
      },
    },
  });
}
