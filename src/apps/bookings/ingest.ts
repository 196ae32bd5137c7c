import { type AppDeps, z } from "junction-hub";
import type { Broadcasts } from "./broadcasts.ts";
import { location, status, supportMessage, userId, uuid } from "./messages.ts";

const bookingStatus = z.object({ bookingId: uuid, userId, status });
const support = z.object({ ticketId: uuid, senderId: userId, message: supportMessage });
const technicianLocation = z.object({ bookingId: uuid, location });

/** Ingests the Redis channels on which other backends publish changes of the bookings that they store. */
export function bookingIngest(ingest: AppDeps["ingest"], broadcasts: Broadcasts): void {
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
