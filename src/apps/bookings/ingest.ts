import { type AppTools, z } from "junction-hub";
import type { Broadcasts } from "./broadcasts.ts";
import { location, status, supportMessage, userId, uuid } from "./messages.ts";

const bookingStatus = z.object({ bookingId: uuid, userId, status });
const support = z.object({ ticketId: uuid, senderId: userId, message: supportMessage });
const technicianLocation = z.object({ bookingId: uuid, location });

/** Hears the Redis channels on which other backends publish what happens to bookings that they keep. */
export function bookingIngest(ingest: AppTools["ingest"], broadcasts: Broadcasts): void {
  ingest("booking:status", (published) => {
    const { bookingId, userId, status } = bookingStatus.parse(published);
    return broadcasts.statusUpdate(bookingId, userId, status);
  });
  ingest("support:message", (published) => {
    const { ticketId, senderId, message } = support.parse(published);
    return broadcasts.supportMessage(ticketId, senderId, message);
  });
  ingest("technician:location", (published) => {
    const { bookingId, location } = technicianLocation.parse(published);
    return broadcasts.locationUpdate(bookingId, location);
  });
}
