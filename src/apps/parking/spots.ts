import { HubError, type Identity } from "junction-hub";
import { type Lot, MAX_SPOTS, type Reservation } from "./collections.ts";
import type { Status } from "./messages.ts";

/** The pure transitions of a parking lot. Each gives the next lot or throws what the client is told; none can overbook. */

/** A lot that nobody has reserved a spot in. */
export function emptyLot(id: number, name: string, available_spots: number): Lot {
  return { id, name, available_spots, reservations: [], reservation_ids: [], user_ids: [] };
}

/** A new reservation takes a spot. */
export function reserve(lot: Lot, id: number, userId: string): { next: Lot; reservation: Reservation } {
  if (lot.available_spots === 0 || lot.reservations.length >= MAX_SPOTS) {
    throw new HubError("conflict", "No spot is free in this parking lot");
  }
  const reservation: Reservation = { id, user_id: userId, status: "active" };
  const taken = { ...lot, available_spots: lot.available_spots - 1 };
  return { next: withReservations(taken, [...lot.reservations, reservation]), reservation };
}

/** Whoever runs the lot says how many spots are free; reservations keep theirs. */
export function setSpots(lot: Lot, available_spots: number): Lot {
  return { ...lot, available_spots };
}

/** Whether a status is other than the one there is. Throws when this user, or nobody, may change it to that. */
export function changesStatus(reservation: Reservation, status: Status, { userId, role }: Identity): boolean {
  if (reservation.user_id !== userId && role !== "operator" && role !== "admin") {
    throw new HubError("forbidden", "Only its owner may change a reservation");
  }
  if (reservation.status === status) return false;
  if (hasEnded(reservation)) throw new HubError("conflict", `The reservation is already ${reservation.status}`);
  return true;
}

/** A reservation of this lot ends and gives its spot back. */
export function end(lot: Lot, id: number, status: Status): Lot {
  const reservations = lot.reservations.map((one) => (one.id === id ? { ...one, status } : one));
  return { ...lot, available_spots: lot.available_spots + 1, reservations };
}

export function hasEnded({ status }: Reservation): boolean {
  return status !== "active";
}

/** Without reservations that are kept elsewhere. */
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
