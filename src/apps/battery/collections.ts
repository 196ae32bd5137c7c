import { type Collection, type OpenCollection, z } from "junction-hub";
import { STATUSES } from "./messages.ts";

/** Many times what a swap station holds. More would make one document too large to be written for every booking. */
export const MAX_BATTERIES = 1_000;

const id = z.number().int().positive();
const timestamp = z.iso.datetime();

const booking = z.object({
  id,
  user_id: z.string(),
  booked_at: timestamp,
  /** When an operator said that the battery can be fetched. */
  ready_at: timestamp.nullable(),
});

/** A battery holds its booking, so there is no way to write down that it is booked twice. */
const battery = z.object({ id, info: z.string(), booking: booking.nullable() });
export type Battery = z.output<typeof battery>;
export type BookedBattery = Battery & { readonly booking: z.output<typeof booking> };

/**
 * A station with its batteries and their bookings in one document: they change together or not at all. A battery that is
 * collected leaves it, and its booking with it.
 */
const station = z.object({
  id,
  name: z.string(),
  status: z.enum(STATUSES),
  /** In the order in which they came. */
  batteries: z.array(battery).max(MAX_BATTERIES),
});
export type Station = z.output<typeof station>;
export type Stations = Collection<Station, "byId">;

export function openStations(collection: OpenCollection): Promise<Stations> {
  return collection("stations", station, { indexes: { byId: { fields: ["id"] } } });
}
