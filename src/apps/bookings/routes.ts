import { defineRoute, type Route, since, z } from "junction-hub";
import { location, outbound, status, userId, uuid } from "./messages.ts";
import type { BookingsService } from "./service.ts";
import type { SupportService } from "./support.ts";

const timestamp = z.iso.datetime();

const bookingView = z.object({
  id: uuid,
  /** The owner. */
  userId,
  service: z.string(),
  status,
  technicianId: uuid.nullable(),
  createdAt: timestamp,
});

const ticketView = z.object({ id: uuid, userId, subject: z.string(), createdAt: timestamp });

const messageView = z.object({
  id: uuid,
  ticketId: uuid,
  /** The number of the message in its ticket, from 1. */
  seq: z.number().int(),
  senderId: userId,
  message: z.string(),
  createdAt: timestamp,
});

/** The id in a path. It is not checked to be a UUID: an id of another form gets the same 404 as an unknown one. */
const withId = z.object({ id: z.string() });

const shortText = z.string().trim().min(1).max(200);
const longText = z.string().trim().min(1).max(4_000);

const bookingChange = z
  .object({ status: status.optional(), technicianId: uuid.nullable().optional() })
  .refine((body) => body.status !== undefined || body.technicianId !== undefined, "give status, technicianId or both");

/** Returns the HTTP routes of the bookings app. */
export function bookingRoutes(bookings: BookingsService, support: SupportService): Route[] {
  return [
    defineRoute({
      method: "post",
      path: "/api/v2/bookings",
      summary: "Book a home service",
      credential: "jwt",
      body: z.object({ service: shortText, technicianId: uuid.optional() }),
      status: 201,
      response: bookingView,
      handle: ({ identity, body, command }) =>
        bookings.create(identity, body.service, body.technicianId ?? null, command),
    }),
    defineRoute({
      method: "get",
      path: "/api/v2/bookings/{id}",
      summary: "A booking, for its owner, its technician and admins",
      credential: "jwt",
      params: withId,
      response: bookingView,
      handle: ({ identity, params }) => bookings.get(params.id, identity),
    }),
    defineRoute({
      method: "patch",
      path: "/api/v2/bookings/{id}",
      summary: "Move the status forward, cancel, assign or unassign (null) a technician; 409 for a step backwards",
      credential: "jwt",
      params: withId,
      body: bookingChange,
      response: bookingView,
      handle: ({ identity, params, body, command }) => bookings.change(params.id, identity, body, command),
    }),
    defineRoute({
      method: "post",
      path: "/api/v2/bookings/{id}/location",
      summary: "Report the technician's location",
      credential: "jwt",
      params: withId,
      body: location,
      response: outbound.location_update.schema,
      handle: ({ identity, params, body, command }) => bookings.report(params.id, identity, body, command),
    }),
    defineRoute({
      method: "post",
      path: "/api/v2/support/tickets",
      summary: "Open a support ticket",
      credential: "jwt",
      body: z.object({ subject: shortText }),
      status: 201,
      response: ticketView,
      handle: ({ identity, body, command }) => support.create(identity, body.subject, command),
    }),
    defineRoute({
      method: "get",
      path: "/api/v2/support/tickets/{id}/messages",
      summary: "The messages of a ticket after a seq, in order; at most 1,000",
      credential: "jwt",
      params: withId,
      query: z.object({ after_seq: z.coerce.number().int().nonnegative().default(0) }),
      response: z.object({
        items: z.array(messageView),
        seq: since.describe("The `since` to join the ticket's room with, after the last messages"),
      }),
      handle: ({ identity, params, query }) => support.list(params.id, identity, query.after_seq),
    }),
    defineRoute({
      method: "post",
      path: "/api/v2/support/tickets/{id}/messages",
      summary: "Post a message in a ticket's chat",
      credential: "jwt",
      params: withId,
      body: z.object({ message: longText }),
      status: 201,
      response: messageView,
      handle: ({ identity, params, body, command }) => support.post(params.id, identity, body.message, command),
    }),
  ];
}
