import { type Collection, type OpenCollection, z } from "junction-hub";
import { STATUSES } from "./messages.ts";

/**
 * Most free spots and most reservations of a lot: about the spots of the largest car parks. More reservations would
 * make its document too large to write per change.
 */
export const MAX_SPOTS = 20_000;

const id = z.number().int().positive();

const reservation = z.object({ id, user_id: z.string(), status: z.enum(STATUSES) });
export type Reservation = z.infer<typeof reservation>;

/**
 * A parking lot with its reservations in one document, so that a spot and its reservation change atomically. Ended
 * reservations stay until they are moved to their own collection; see `archive.ts`.
 */
export const lot = z.object({
  id,
  name: z.string(),
  /** Number of free spots without a reservation. */
  available_spots: z.number().int().nonnegative(),
  reservations: z.array(reservation),
  /** The ids and the users of `reservations`, for the indexes. */
  reservation_ids: z.array(id),
  user_ids: z.array(z.string()),
});
export type Lot = z.infer<typeof lot>;

export type Lots = Collection<Lot, "byId" | "byReservation" | "byUser">;

export function openLots(collection: OpenCollection): Promise<Lots> {
  return collection("parking_lots", lot, {
    indexes: {
      byId: { fields: ["id"] },
      byReservation: { fields: ["reservation_ids"] },
      byUser: { fields: ["user_ids"] },
    },
  });
}

/** A reservation with its lot. */
const locatedReservation = reservation.extend({ parking_lot_id: id });
export type LocatedReservation = z.infer<typeof locatedReservation>;

/** Ended reservations, which never change again and so can be stored outside their lot. */
export type Ended = Collection<LocatedReservation, "byUser">;

export function openEnded(collection: OpenCollection): Promise<Ended> {
  return collection("ended_reservations", locatedReservation, { indexes: { byUser: { fields: ["user_id", "id"] } } });
}
