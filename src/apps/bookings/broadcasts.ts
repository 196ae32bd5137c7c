import { type Clock, type Message, publisher, timestamp } from "junction-hub";
import { type Location, outbound, type SupportMessage } from "./messages.ts";
import { bookingRoom, NAMESPACE, supportRoom, userRoom } from "./rooms.ts";
import type { Status } from "./statuses.ts";

export type Broadcasts = ReturnType<typeof createBroadcasts>;

/** What this app sends to rooms, and to which. Each throws a `ZodError` when the facts break the message's schema. */
export function createBroadcasts(clock: Clock) {
  const { message } = publisher(NAMESPACE, outbound);

  return {
    /** To all who watch the booking and to its owner, wherever they are; once to who is both. */
    statusUpdate(bookingId: string, ownerId: string, status: Status): Message {
      const payload = { bookingId, status, timestamp: timestamp(clock) };
      return message([bookingRoom(bookingId), userRoom(ownerId)], "status_update", payload);
    },

    supportMessage(ticketId: string, senderId: string, data: SupportMessage): Message {
      const payload = { ticketId, senderId, message: data, timestamp: timestamp(clock) };
      return message(supportRoom(ticketId), "message", payload);
    },

    /** `at` is when the technician was there; by default now. */
    locationUpdate(bookingId: string, location: Location, at = timestamp(clock)): Message {
      return message(bookingRoom(bookingId), "location_update", { bookingId, location, timestamp: at });
    },
  };
}
