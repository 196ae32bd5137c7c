import { type AppDeps, HubError, type Message, z } from "junction-hub";
import { createBroadcasts } from "./broadcasts.ts";
import { type Location, type SupportMessage, userId as userIdSchema } from "./messages.ts";
import type { Status } from "./statuses.ts";

/**
 * Sends messages for code in this process that stores bookings, tickets or locations elsewhere. Statuses and messages
 * are published: they are stored for clients that reconnect, and the promise resolves once they are. A location is
 * broadcast to the clients in the room; a client that joins later does not get it. Each method rejects with
 * `HubError("invalid_field")`, sending nothing, when its arguments break the schema of the message. The first two
 * reject with `HubError("unavailable")` while the database is unreachable. None checks that the booking, ticket or user
 * exists.
 */
export interface WebsocketService {
  /** `status_update` to `booking:<bookingId>` and `user:<userId>`; `userId` is the booking's owner. */
  broadcastBookingStatus(bookingId: string, userId: string, status: Status): Promise<void>;
  /** `message` to `support:<ticketId>`; of `messageData` only `id`, `message` and `createdAt` are sent. */
  broadcastSupportMessage(ticketId: string, senderId: string, messageData: SupportMessage): Promise<void>;
  /** `location_update` to `booking:<bookingId>`; degrees. */
  broadcastTechnicianLocation(bookingId: string, location: Location): Promise<void>;
}

/** Creates the service over a hub. It has no state, so any number of them may exist. */
export function createWebsocketService(hub: Pick<AppDeps, "publish" | "broadcast" | "clock">): WebsocketService {
  const broadcasts = createBroadcasts(hub.clock);
  const publish = async (build: () => Message): Promise<void> => void (await hub.publish(checked(build)));

  return {
    broadcastBookingStatus: (bookingId, userId, status) =>
      publish(() => broadcasts.statusUpdate(bookingId, userIdSchema.parse(userId), status)),
    broadcastSupportMessage: (ticketId, senderId, messageData) =>
      publish(() => broadcasts.supportMessage(ticketId, senderId, messageData)),
    async broadcastTechnicianLocation(bookingId, location) {
      hub.broadcast(checked(() => broadcasts.locationUpdate(bookingId, location)));
    },
  };
}

function checked(build: () => Message): Message {
  try {
    return build();
  } catch (error) {
    throw error instanceof z.ZodError ? new HubError("invalid_field", z.prettifyError(error)) : error;
  }
}
