import type { Target } from "../support/client.ts";

/** `/ws` of the events app. */
export function eventsAt(credential: string | undefined, path = "/ws"): Target {
  return { path, namespace: "/events", ...(credential !== undefined && { credential }) };
}

/** `/ws/events/{eventId}`. */
export function eventAt(eventId: number | string, credential: string | undefined): Target {
  return {
    path: `/ws/events/${eventId}`,
    namespace: `/events/${eventId}`,
    ...(credential !== undefined && { credential }),
  };
}

/** `/ws/vehicles/search`. */
export function vehiclesAt(credential: string | undefined, path = "/ws/vehicles/search"): Target {
  const target = { path, namespace: "/vehicles/search", kind: "apiKey", envelope: "data" } as const;
  return { ...target, ...(credential !== undefined && { credential }) };
}

/** ISO 8601, UTC, with milliseconds and a `Z`. */
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
