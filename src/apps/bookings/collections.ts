import { z } from "zod";
import { type Collection, defineCollection } from "../../store/collection.ts";
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

export const bookingCollection = defineCollection({ name: "bookings", schema: booking, indexes: {} });

const ticket = z.object({
  id: uuid,
  /** The creator. */
  userId,
  subject: z.string(),
  createdAt: timestamp,
});
export type Ticket = z.output<typeof ticket>;
export type Tickets = Collection<Ticket, never>;

export const ticketCollection = defineCollection({ name: "tickets", schema: ticket, indexes: {} });

/**
 * One message of a ticket in a document of its own. A chat has no end, so inside the ticket's document it would be
 * written again and again with every message, and one day would not fit. `seq` counts the messages of a ticket from 1
 * without gaps: the unique index refuses a second one with the same number, which is all the atomicity it needs, and a
 * message and its broadcast are still one write.
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

export const ticketMessageCollection = defineCollection({
  name: "ticket_messages",
  schema: ticketMessage,
  indexes: { bySeq: { fields: ["ticketId", "seq"], unique: true } },
});
