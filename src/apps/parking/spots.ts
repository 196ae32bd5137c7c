import { HubError, type Identity } from "junction-hub";
import { type Lot, MAX_SPOTS, type Reservation } from "./collections.ts";
import type { Status } from "./messages.ts";

/**
 * The pure transitions of a parking lot. Each returns the next lot or throws the `HubError` that the client gets; none
 * can overbook.
 */

/** Returns a lot without reservations. */
export function emptyLot(id: number, name: string, available_spots: number): Lot {
  return { id, name, available_spots, reservations: [], reservation_ids: [], user_ids: [] };
}

/** Adds a reservation, which takes a spot. Throws `HubError("conflict")` when none is free. */
export function reserve(lot: Lot, id: number, userId: string): { next: Lot; reservation: Reservation } {
  if (lot.available_spots === 0 || lot.reservations.length >= MAX_SPOTS) {
    throw new HubError("conflict", "No spot is free in this parking lot");
  }
  const reservation: Reservation = { id, user_id: userId, status: "active" };
  const taken = { ...lot, available_spots: lot.available_spots - 1 };
  return { next: withReservations(taken, [...lot.reservations, reservation]), reservation };
}

/** Sets the number of free spots. Reservations keep theirs. */
export function setSpots(lot: Lot, available_spots: number): Lot {
  return { ...lot, available_spots };
}

/**
 * Returns true if `status` differs from the current one. Throws when the user may not change it, or the reservation
 * has ended.
 */
export function changesStatus(reservation: Reservation, status: Status, { userId, role }: Identity): boolean {
  if (reservation.user_id !== userId && role !== "operator" && role !== "admin") {
    throw new HubError("forbidden", "Only its owner may change a reservation");
  }
  if (reservation.status === status) return false;
  if (hasEnded(reservation)) throw new HubError("conflict", `The reservation is already ${reservation.status}`);
  return true;
}

/** Ends a reservation of this lot, which frees its spot. */
export function end(lot: Lot, id: number, status: Status): Lot {
  const reservations = lot.reservations.map((one) => (one.id === id ? { ...one, status } : one));
  return { ...lot, available_spots: lot.available_spots + 1, reservations };
}

export function hasEnded({ status }: Reservation): boolean {
  return status !== "active";
}

/** Returns the lot without the reservations with these ids, which are stored elsewhere. */
export function without(lot: Lot, ids: readonly number[]): Lot {
  const gone = new Set(ids);
  return withReservations(
    lot,
    lot.reservations.filter((one) => !gone.has(one.id)),
  );
}

function withReservations(lot: Lot, reservations: readonly Reservation[]): Lot {
  return {
    ...lot,
    reservations: [...reservations],
    reservation_ids: reservations.map(({ id }) => id),
    user_ids: [...new Set(reservations.map(({ user_id }) => user_id))],
  };
}
