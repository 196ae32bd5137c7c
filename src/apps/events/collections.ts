import { type Collection, type OpenCollection, z } from "junction-hub";

/** Most seats of an event. More bookings would make its document too large to write for every booking. */
export const MAX_SEATS = 100_000;

const booking = z.object({ userId: z.string(), seats: z.number().int().positive() });

/**
 * An event with its bookings in one document, so that seats and bookings change atomically.
 * `availableSeats` is `seatCapacity` less the seats in `bookings`, stored so that it need not be summed on every read.
 */
const event = z.object({
  id: z.number().int().positive(),
  name: z.string(),
  seatCapacity: z.number().int().nonnegative().max(MAX_SEATS),
  availableSeats: z.number().int().nonnegative(),
  visibility: z.enum(["public", "private"]),
  allowedUserIds: z.array(z.string()),
  nextBookingId: z.number().int().positive(),
  bookings: z.record(z.string(), booking),
});

export type Event = z.infer<typeof event>;

export type Events = Collection<Event, "byId">;

export function openEvents(collection: OpenCollection): Promise<Events> {
  return collection("events", event, { indexes: { byId: { fields: ["id"] } } });
}
