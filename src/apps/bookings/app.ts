import { type DemoUserId, defineApp, timestamp } from "junction-hub";
import { begin } from "./booking.ts";
import { createBroadcasts } from "./broadcasts.ts";
import { bookingsChannel } from "./channel.ts";
import { type Booking, openBookings, openTicketMessages, openTickets, type Ticket } from "./collections.ts";
import { bookingIngest } from "./ingest.ts";
import { bookingRoutes } from "./routes.ts";
import { createBookingsService } from "./service.ts";
import { createSupportService } from "./support.ts";

/** Home services: customers follow the status of a booking and its technician's location, and chat with support. */
export const bookings = defineApp("bookings", async (deps) => {
  const { collection, channel, routes, ingest, seed, clock, snapshot, evict } = deps;
  const bookings = await openBookings(collection);
  const tickets = await openTickets(collection);
  const messages = await openTicketMessages(collection);
  const broadcasts = createBroadcasts(clock);
  const service = createBookingsService({ bookings, broadcasts, clock, evict });
  const support = createSupportService({ tickets, messages, broadcasts, snapshot, clock });
  bookingsChannel(channel, { bookings: service, support, clock });
  routes(bookingRoutes(service, support));
  bookingIngest(ingest, broadcasts);
  seed(async (userId) => {
    const createdAt = timestamp(clock);
    await bookings.ensure(demoBooking(userId, createdAt));
    await tickets.ensure(demoTicket(userId, createdAt));
  });
});

/** Ids of the demo data, fixed so that examples can name them. */
export const DEMO_BOOKING_ID = "123e4567-e89b-12d3-a456-426614174000";
export const DEMO_TICKET_ID = "123e4567-e89b-12d3-a456-426614174001";

function demoBooking(userId: DemoUserId, createdAt: string): Booking {
  const fields = { id: DEMO_BOOKING_ID, userId: userId("customer"), technicianId: userId("technician"), createdAt };
  return begin({ ...fields, service: "Air conditioning repair" });
}

function demoTicket(userId: DemoUserId, createdAt: string): Ticket {
  return { id: DEMO_TICKET_ID, userId: userId("customer"), subject: "When will the technician come?", createdAt };
}
