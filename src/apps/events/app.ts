import type { App, DemoUsers } from "../../app.ts";
import { eventChannels } from "./channel.ts";
import { type Event, eventCollection } from "./collections.ts";
import { eventRoutes } from "./routes.ts";
import { createEventsService } from "./service.ts";

/** Events with seats: who watches one sees every booking and how many seats are left. */
export const events: App = {
  name: "events",
  async start({ store, clock, limits, snapshot }) {
    const collection = await store.collection(eventCollection);
    // The demo's events have the ids 123 and 124; those that are created come after them.
    const nextId = async (): Promise<number> => 1_000 + (await store.next("events"));
    const service = createEventsService({ events: collection, nextId, snapshot, clock });
    return {
      channels: eventChannels(service, limits, clock),
      routes: eventRoutes(service),
      async seed(users) {
        for (const event of demoEvents(users)) await collection.ensure(event);
      },
    };
  },
};

function demoEvents({ customer }: DemoUsers): Event[] {
  const event = { seatCapacity: 100, availableSeats: 100, nextBookingId: 1, bookings: {} };
  return [
    { ...event, id: 123, name: "Opening Night", visibility: "public", allowedUserIds: [] },
    { ...event, id: 124, name: "Dress Rehearsal", visibility: "private", allowedUserIds: [customer.id] },
  ];
}
