import { HubEvents } from "../../src/hub/events.ts";

/** Makes events whose faults go to `take`. */
export function faultsTo(take: (where: string, error: unknown) => void): HubEvents {
  const events = new HubEvents();
  events.on("fault", ({ where, error }) => take(where, error));
  return events;
}
