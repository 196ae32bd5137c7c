import { type Collection, type OpenCollection, z } from "junction-hub";
import { location, status, userId, uuid } from "./messages.ts";

const timestamp = z.iso.datetime();

const booking = z.object({
  id: uuid,
  /** The owner. */
  userId,
  service: z.string(),
  status,
  technicianId: uuid.nullable(),
  /** Where the assigned technician was last; unknown again when another is assigned or the booking has ended. */
  lastLocation: z.object({ location, timestamp }).nullable(),
  createdAt: timestamp,
});
export type Booking = z.output<typeof booking>;
export type Bookings = Collection<Booking, never>;

export function openBookings(collection: OpenCollection): Promise<Bookings> {
  return collection("bookings", booking);
}

const ticket = z.object({
  id: uuid,
  /** The creator. */
  userId,
  subject: z.string(),
  createdAt: timestamp,
});
export type Ticket = z.output<typeof ticket>;
export type Tickets = Collection<Ticket, never>;

export function openTickets(collection: OpenCollection): Promise<Tickets> {
  return collection("tickets", ticket);
}

/**
 * One message of a ticket in a document of its own. A chat has no end, so inside the ticket's document it would be
 * written again and again with every message, and one day would not fit. `seq` counts the messages of a ticket from 1
 * without gaps.
 */
const ticketMessage = z.object({
  id: uuid,
  ticketId: uuid,
  seq: z.number().int().positive(),
  senderId: userId,
  message: z.string(),
  createdAt: timestamp,
});
export type TicketMessage = z.output<typeof ticketMessage>;
export type TicketMessages = Collection<TicketMessage, "bySeq">;

export function openTicketMessages(collection: OpenCollection): Promise<TicketMessages> {
  return collection("ticket_messages", ticketMessage, {
    indexes: { bySeq: { fields: ["ticketId", "seq"], unique: true } },
  });
}
