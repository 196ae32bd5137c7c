import { latest, log, reply, resumed, since, volatile, z } from "junction-hub";

const timestamp = z.iso.datetime();
const eventId = z.number().int().positive();
const seats = z.number().int().nonnegative();

/** Messages from clients. */
export const inbound = {
  subscribe_event: z.object({ eventId, since: since.optional() }),
  unsubscribe_event: z.object({ eventId }),
  ping: z.object({}),
  get_stats: z.object({}),
};

/**
 * Messages to clients. No schema has `bookingId` or `userId`, so that watching an event does not reveal its bookers.
 */
export const outbound = {
  connection_established: reply(z.object({ clientId: z.string(), eventId: eventId.optional(), ...resumed, timestamp })),
  subscribed: reply(z.object({ eventId, ...resumed, timestamp })),
  unsubscribed: reply(z.object({ eventId, timestamp })),
  seat_update: latest(z.object({ eventId, availableSeats: seats, seatCapacity: seats, timestamp }), "eventId"),
  booking_created: log(z.object({ eventId, availableSeats: seats, timestamp })),
  booking_cancelled: log(z.object({ eventId, availableSeats: seats, timestamp })),
  pong: volatile(z.object({ timestamp })),
  stats: volatile(
    z.object({
      data: z.object({ totalClients: z.number().int(), eventSubscriptions: z.number().int() }),
      timestamp,
    }),
  ),
  error: reply(z.object({ message: z.string(), timestamp })),
};

export type Inbound = typeof inbound;
export type Outbound = typeof outbound;
