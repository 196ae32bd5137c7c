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
  /** The assigned technician's last location; `null` again when another is assigned or the booking has ended. */
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
 * One message of a ticket, in its own document. A chat has no limit: inside the ticket's document all of it would be
 * rewritten with every message, and in the end would not fit. `seq` numbers the messages of a ticket from 1 without
 * gaps.
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
