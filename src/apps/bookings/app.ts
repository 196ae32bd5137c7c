import type { App, DemoUsers } from "../../app.ts";
import { timestamp } from "../../hub/clock.ts";
import { begin } from "./booking.ts";
import { createBroadcasts } from "./broadcasts.ts";
import { bookingsChannel } from "./channel.ts";
import {
  type Booking,
  bookingCollection,
  type Ticket,
  ticketCollection,
  ticketMessageCollection,
} from "./collections.ts";
import { bookingInlets } from "./inlets.ts";
import { bookingRoutes } from "./routes.ts";
import { createBookingsService } from "./service.ts";
import { createSupportService } from "./support.ts";

/** Home services: who booked one sees its status, its technician on the way, and talks with support. */
export const bookings: App = {
  name: "bookings",
  async start({ store, clock, snapshot, evict }) {
    const bookingDocuments = await store.collection(bookingCollection);
    const tickets = await store.collection(ticketCollection);
    const messages = await store.collection(ticketMessageCollection);
    const broadcasts = createBroadcasts(clock);
    const service = createBookingsService({ bookings: bookingDocuments, broadcasts, clock, evict });
    const support = createSupportService({ tickets, messages, log: store.log, broadcasts, snapshot, clock });
    return {
      channels: [bookingsChannel({ bookings: service, support, clock })],
      routes: bookingRoutes(service, support),
      ingest: bookingInlets(broadcasts),
      async seed(users) {
        const createdAt = timestamp(clock);
        await bookingDocuments.ensure(demoBooking(users, createdAt));
        await tickets.ensure(demoTicket(users, createdAt));
      },
    };
  },
};

/** The ids of the demo data, fixed so that examples can name them. */
export const DEMO_BOOKING_ID = "123e4567-e89b-12d3-a456-426614174000";
export const DEMO_TICKET_ID = "123e4567-e89b-12d3-a456-426614174001";

function demoBooking({ customer, technician }: DemoUsers, createdAt: string): Booking {
  const facts = { id: DEMO_BOOKING_ID, userId: customer.id, technicianId: technician.id, createdAt };
  return begin({ ...facts, service: "Air conditioning repair" });
}

function demoTicket({ customer }: DemoUsers, createdAt: string): Ticket {
  return { id: DEMO_TICKET_ID, userId: customer.id, subject: "When will the technician come?", createdAt };
}
