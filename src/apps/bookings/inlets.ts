import { z } from "zod";
import type { RunningApp } from "../../app.ts";
import type { Broadcasts } from "./broadcasts.ts";
import { location, status, supportMessage, userId, uuid } from "./messages.ts";

const bookingStatus = z.object({ bookingId: uuid, userId, status });
const support = z.object({ ticketId: uuid, senderId: userId, message: supportMessage });
const technicianLocation = z.object({ bookingId: uuid, location });

/** The Redis channels on which other backends publish what happens to bookings that they keep. */
export function bookingInlets(broadcasts: Broadcasts): NonNullable<RunningApp["ingest"]> {
  return {
    "booking:status"(published) {
      const { bookingId, userId, status } = bookingStatus.parse(published);
      return broadcasts.statusUpdate(bookingId, userId, status);
    },
    "support:message"(published) {
      const { ticketId, senderId, message } = support.parse(published);
      return broadcasts.supportMessage(ticketId, senderId, message);
    },
    "technician:location"(published) {
      const { bookingId, location } = technicianLocation.parse(published);
      return broadcasts.locationUpdate(bookingId, location);
    },
  };
}
