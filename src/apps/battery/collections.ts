import { type Collection, type OpenCollection, z } from "junction-hub";
import { STATUSES } from "./messages.ts";

/**
 * Most batteries of a station, many times what a real one holds. More would make its document too large to write per
 * booking.
 */
export const MAX_BATTERIES = 1_000;

const id = z.number().int().positive();
const timestamp = z.iso.datetime();

const booking = z.object({
  id,
  user_id: z.string(),
  booked_at: timestamp,
  /** The time when an operator marked the battery as ready; `null` before. */
  ready_at: timestamp.nullable(),
});

/** A battery with its booking, if it has one. The schema has room for one, so a battery cannot be booked twice. */
const battery = z.object({ id, info: z.string(), booking: booking.nullable() });
export type Battery = z.output<typeof battery>;
export type BookedBattery = Battery & { readonly booking: z.output<typeof booking> };

/**
 * A station with its batteries and their bookings in one document, so that they change atomically. A collected battery
 * is removed, together with its booking.
 */
const station = z.object({
  id,
  name: z.string(),
  status: z.enum(STATUSES),
  /** In the order in which they were added. */
  batteries: z.array(battery).max(MAX_BATTERIES),
});
export type Station = z.output<typeof station>;
export type Stations = Collection<Station, "byId">;

export function openStations(collection: OpenCollection): Promise<Stations> {
  return collection("stations", station, { indexes: { byId: { fields: ["id"] } } });
}
