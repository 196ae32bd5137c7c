import { isError } from "junction-hub";
import type { Ended, LocatedReservation, Lot, Lots } from "./collections.ts";
import { hasEnded, without } from "./spots.ts";

/** So many ended reservations may lie in a lot: moving them costs two more writes, which not every ending should. */
export const ENDED_IN_LOT = 32;

/** How many are moved at a time. */
const BATCH = 256;

/**
 * Keeps the document of a lot from growing for ever: ended reservations move to a collection of their own. They are there
 * before they leave the lot, so a reader who looks into the lot first misses none, and may see one twice. A worker that
 * dies in between leaves them in the lot until the next move.
 */
export function createTidy(lots: Pick<Lots, "get" | "modify">, ended: Pick<Ended, "ensure">) {
  /** Lots whose reservations this worker is moving. */
  const moving = new Set<number>();

  /** Moves the ended reservations of a lot, if it has many. What cannot be moved now is moved after a later change. */
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
      // The change that led here is made; that the database went away since is no failure of it.
      if (!isError(error, "unavailable")) throw error;
    } finally {
      moving.delete(lotId);
    }
  };
}

/** Whether a lot has many ended reservations. */
export function isUntidy(lot: Lot): boolean {
  return endedOf(lot).length >= ENDED_IN_LOT;
}

function endedOf({ id, reservations }: Lot): LocatedReservation[] {
  return reservations.filter(hasEnded).map((reservation) => ({ ...reservation, parking_lot_id: id }));
}
