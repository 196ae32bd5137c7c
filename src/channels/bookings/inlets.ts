import { z } from "zod";
import type { RunningApp } from "../app.ts";
import { location, status, supportMessage, userId, uuid } from "./messages.ts";
import type { WebsocketService } from "./websocket-service.ts";

const bookingStatus = z.object({ bookingId: uuid, userId, status });
const support = z.object({ ticketId: uuid, senderId: userId, message: supportMessage });
const technicianLocation = z.object({ bookingId: uuid, location });

/**
 * The Redis channels on which other backends publish what happens to bookings that they keep. `here` sends to the members
 * on this worker alone, since each worker hears the publication.
 */
export function bookingInlets(here: WebsocketService): NonNullable<RunningApp["inlets"]> {
  return {
    "booking:status"(published) {
      const { bookingId, userId, status } = bookingStatus.parse(published);
      here.broadcastBookingStatus(bookingId, userId, status);
    },
    "support:message"(published) {
      const { ticketId, senderId, message } = support.parse(published);
      here.broadcastSupportMessage(ticketId, senderId, message);
    },
    "technician:location"(published) {
      const { bookingId, location } = technicianLocation.parse(published);
      here.broadcastTechnicianLocation(bookingId, location);
    },
  };
}
