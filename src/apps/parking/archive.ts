import { isError } from "junction-hub";
import type { Ended, LocatedReservation, Lot, Lots } from "./collections.ts";
import { hasEnded, without } from "./spots.ts";

/**
 * Number of ended reservations in a lot at which they are moved. Moving costs two more writes, so not every ending
 * does it.
 */
export const ENDED_IN_LOT = 32;

/** Number of reservations that are moved at a time. */
const BATCH = 256;

/**
 * Creates the function that moves a lot's ended reservations to their own collection, which bounds the lot's document.
 * They are written there before they are removed from the lot. So a reader that reads the lot first misses none, but
 * may find one twice. If the worker dies in between, they stay in the lot until the next move.
 */
export function createTidy(lots: Pick<Lots, "get" | "modify">, ended: Pick<Ended, "ensure">) {
  /** Lots whose reservations this worker is moving. */
  const moving = new Set<number>();

  /**
   * Moves the ended reservations of a lot, if it has many. Those that cannot be moved now are moved after a later
   * change.
   */
  return async function tidy(lotId: number): Promise<void> {
    if (moving.has(lotId)) return;
    moving.add(lotId);
    try {
      for (let lot = await lots.get(lotId); lot && isUntidy(lot); lot = await lots.get(lotId)) {
        const batch = endedOf(lot).slice(0, BATCH);
        await Promise.all(batch.map((one) => ended.ensure(one)));
        const ids = batch.map(({ id }) => id);
        await lots.modify(lotId, (current) => ({ next: without(current, ids) }));
      }
    } catch (error) {
      // The change that led here is stored, so a database that has become unavailable since must not fail it.
      if (!isError(error, "unavailable")) throw error;
    } finally {
      moving.delete(lotId);
    }
  };
}

/** Returns true if a lot has `ENDED_IN_LOT` ended reservations or more. */
export function isUntidy(lot: Lot): boolean {
  return endedOf(lot).length >= ENDED_IN_LOT;
}

function endedOf({ id, reservations }: Lot): LocatedReservation[] {
  return reservations.filter(hasEnded).map((reservation) => ({ ...reservation, parking_lot_id: id }));
}
