import type { BookedBattery, Station } from "./collections.ts";
import type { BookingNews } from "./messages.ts";

/**
 * What the booker of a battery has been told so far, oldest first. It follows from the station alone, so it is the same
 * whenever it is asked for, also by a worker that takes over from one that died.
 */
export function newsOf({ name }: Station, { info, booking }: BookedBattery): BookingNews[] {
  const about = { booking_id: booking.id, station_name: name };
  const told: BookingNews[] = [
    {
      type: "booking_confirmed",
      ...about,
      battery_info: info,
      message: `Battery booked successfully at ${name}`,
      timestamp: booking.booked_at,
    },
  ];
  if (booking.ready_at !== null) {
    const message = `Your battery is ready for collection at ${name}`;
    told.push({ type: "booking_ready", ...about, message, timestamp: booking.ready_at });
  }
  return told;
}
