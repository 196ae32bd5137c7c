import { type DemoUserId, defineApp } from "junction-hub";
import { eventChannels } from "./channel.ts";
import { type Event, openEvents } from "./collections.ts";
import { eventRoutes } from "./routes.ts";
import { createEventsService } from "./service.ts";

/** Events with seats: clients that watch one get every booking and the number of seats left. */
export const events = defineApp("events", async (deps) => {
  const { collection, sequence, routes, seed, clock, snapshot } = deps;
  const events = await openEvents(collection);
  // The demo's events have the ids 123 and 124; created ones get ids above 1,000.
  const nextId = sequence("events", { startAfter: 1_000 });
  const service = createEventsService({ events, nextId, snapshot, clock });
  eventChannels(deps, service);
  routes(eventRoutes(service));
  seed(async (userId) => {
    for (const event of demoEvents(userId)) await events.ensure(event);
  });
});

function demoEvents(userId: DemoUserId): Event[] {
  const event = { seatCapacity: 100, availableSeats: 100, nextBookingId: 1, bookings: {} };
  return [
    { ...event, id: 123, name: "Opening Night", visibility: "public", allowedUserIds: [] },
    { ...event, id: 124, name: "Dress Rehearsal", visibility: "private", allowedUserIds: [userId("customer")] },
  ];
}
