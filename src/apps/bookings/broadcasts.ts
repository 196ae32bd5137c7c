import { type Clock, type Message, publisher, timestamp } from "junction-hub";
import { type Location, outbound, type SupportMessage } from "./messages.ts";
import { bookingRoom, NAMESPACE, supportRoom, userRoom } from "./rooms.ts";
import type { Status } from "./statuses.ts";

export type Broadcasts = ReturnType<typeof createBroadcasts>;

/**
 * Creates the builders of the app's messages to rooms. Each throws a `ZodError` when its arguments break the schema.
 */
export function createBroadcasts(clock: Clock) {
  const { message } = publisher(NAMESPACE, outbound);

  return {
    /** Builds a message to the booking's room and to its owner's room. A client in both gets it once. */
    statusUpdate(bookingId: string, ownerId: string, status: Status): Message {
      const payload = { bookingId, status, timestamp: timestamp(clock) };
      return message([bookingRoom(bookingId), userRoom(ownerId)], "status_update", payload);
    },

    supportMessage(ticketId: string, senderId: string, data: SupportMessage): Message {
      const payload = { ticketId, senderId, message: data, timestamp: timestamp(clock) };
      return message(supportRoom(ticketId), "message", payload);
    },

    /** Builds a message to the booking's room. `at` is the time of the location; default: now. */
    locationUpdate(bookingId: string, location: Location, at = timestamp(clock)): Message {
      return message(bookingRoom(bookingId), "location_update", { bookingId, location, timestamp: at });
    },
  };
}
