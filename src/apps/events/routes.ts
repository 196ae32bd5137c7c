import { defineRoute, numericId, type Route, since, z } from "junction-hub";
import { MAX_SEATS } from "./collections.ts";
import type { EventsService } from "./service.ts";

const count = z.number().int().nonnegative();

const eventView = z.object({
  id: z.number().int(),
  name: z.string(),
  seatCapacity: count,
  availableSeats: count,
  visibility: z.enum(["public", "private"]),
});

const listedEvent = eventView.extend({ seq: since.describe("The `since` to subscribe to the event with") });

const bookingView = z.object({
  bookingId: z.number().int(),
  eventId: z.number().int(),
  seats: count,
  availableSeats: count,
  seatCapacity: count,
});

const newEvent = z.object({
  name: z.string().trim().min(1).max(200),
  seatCapacity: z.number().int().positive().max(MAX_SEATS),
  visibility: z.enum(["public", "private"]).default("public"),
  allowedUserIds: z.array(z.string().min(1).max(128)).max(10_000).default([]),
});

const page = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** Returns the HTTP routes of the events app. */
export function eventRoutes(service: EventsService): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/api/events",
      summary: "The events that the user may see, by id",
      credential: "jwt",
      query: page,
      response: z.object({ items: z.array(listedEvent) }),
      handle: async ({ identity, query }) => ({ items: await service.list(identity, query.after, query.limit) }),
    }),
    defineRoute({
      method: "post",
      path: "/api/events",
      summary: "Create an event",
      credential: "jwt",
      roles: ["operator", "admin"],
      body: newEvent,
      status: 201,
      response: eventView,
      handle: ({ body, command }) => service.create(body, command),
    }),
    defineRoute({
      method: "patch",
      path: "/api/events/{id}",
      summary: "Change the number of seats",
      credential: "jwt",
      roles: ["operator", "admin"],
      params: z.object({ id: numericId }),
      body: z.object({ seatCapacity: z.number().int().nonnegative() }),
      response: eventView,
      handle: ({ params, body, command }) => service.resize(params.id, body.seatCapacity, command),
    }),
    defineRoute({
      method: "post",
      path: "/api/events/{id}/bookings",
      summary: "Book seats; 409 when not enough are left",
      credential: "jwt",
      params: z.object({ id: numericId }),
      body: z.object({ seats: z.number().int().positive().max(MAX_SEATS).default(1) }),
      status: 201,
      response: bookingView,
      handle: async ({ identity, params, body, command }) => {
        const receipt = await service.book(params.id, identity, body.seats, command);
        return { ...receipt, seats: body.seats };
      },
    }),
    defineRoute({
      method: "delete",
      path: "/api/events/{id}/bookings/{bookingId}",
      summary: "Cancel a booking",
      credential: "jwt",
      params: z.object({ id: numericId, bookingId: numericId }),
      response: bookingView.omit({ seats: true }),
      handle: ({ identity, params, command }) => service.cancel(params.id, params.bookingId, identity, command),
    }),
  ];
}
