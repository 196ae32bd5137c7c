import { type AppDeps, HubError, type Message, z } from "junction-hub";
import { createBroadcasts } from "./broadcasts.ts";
import { type Location, type SupportMessage, userId as userIdSchema } from "./messages.ts";
import type { Status } from "./statuses.ts";

/**
 * Broadcasts for code in this process that keeps bookings, tickets or locations elsewhere. Statuses and messages are kept
 * for clients that come back, and each resolves when that is done; a location is shown to those who are there, and who
 * joins later is not told of it. Each rejects with `HubError("invalid_field")`, sending nothing, when what it is given
 * could not be a message of the channel, and the first two with `HubError("unavailable")` while the database cannot be
 * reached; whether the booking, ticket or user exists is not asked.
 */
export interface WebsocketService {
  /** `status_update` to `booking:<bookingId>` and `user:<userId>`; `userId` is the booking's owner. */
  broadcastBookingStatus(bookingId: string, userId: string, status: Status): Promise<void>;
  /** `message` to `support:<ticketId>`; of `messageData` only `id`, `message` and `createdAt` are sent. */
  broadcastSupportMessage(ticketId: string, senderId: string, messageData: SupportMessage): Promise<void>;
  /** `location_update` to `booking:<bookingId>`; degrees. */
  broadcastTechnicianLocation(bookingId: string, location: Location): Promise<void>;
}

/** The service over a hub; it keeps no state, so there may be any number of them. */
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
