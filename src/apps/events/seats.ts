import { HubError } from "junction-hub";
import type { Event } from "./collections.ts";
import { MAX_SEATS } from "./collections.ts";

/**
 * The pure transitions of an event. Each returns the next event or throws the `HubError` that the client gets; none
 * can oversell.
 */

export function book(event: Event, userId: string, seats: number): { next: Event; bookingId: number } {
  if (seats > event.availableSeats) throw new HubError("conflict", `Only ${event.availableSeats} seats are left`);
  const bookingId = event.nextBookingId;
  const next = {
    ...event,
    availableSeats: event.availableSeats - seats,
    nextBookingId: bookingId + 1,
    bookings: { ...event.bookings, [bookingId]: { userId, seats } },
  };
  return { next, bookingId };
}

/** Cancels a booking. Throws `HubError("forbidden")` unless the user is its owner or `anyOwner` is set. */
export function cancel(event: Event, bookingId: number, userId: string, anyOwner: boolean): Event {
  const { [String(bookingId)]: booking, ...bookings } = event.bookings;
  if (!booking) throw new HubError("not_found", "Booking not found");
  if (booking.userId !== userId && !anyOwner) throw new HubError("forbidden", "Only its owner may cancel a booking");
  return { ...event, availableSeats: event.availableSeats + booking.seats, bookings };
}

export function resize(event: Event, seatCapacity: number): Event {
  const taken = event.seatCapacity - event.availableSeats;
  if (seatCapacity > MAX_SEATS) throw new HubError("invalid_field", `seatCapacity is at most ${MAX_SEATS}`);
  if (seatCapacity < taken) throw new HubError("conflict", `${taken} seats are booked already`);
  return { ...event, seatCapacity, availableSeats: seatCapacity - taken };
}
