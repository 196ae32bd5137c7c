import { type Change, type Command, HubError, type Identity, isError, type Message, publisher } from "junction-hub";
import { createTidy, isUntidy } from "./archive.ts";
import type { Ended, LocatedReservation, Lot, Lots, Reservation } from "./collections.ts";
import { type NotificationType, outbound, type Status } from "./messages.ts";
import * as spots from "./spots.ts";

export const NAMESPACE = "/parking/notifications";

/** Returns the room of a notification type: one room for lots, a room per user for reservations. */
export function roomOf(type: NotificationType, userId: string): string {
  return type === "parking_lot" ? "parking_lot" : `user:${userId}:reservation`;
}

export interface ParkingServiceOptions {
  readonly lots: Lots;
  readonly ended: Ended;
  readonly nextLotId: () => Promise<number>;
  readonly nextReservationId: () => Promise<number>;
}

export type ParkingService = ReturnType<typeof createParkingService>;

/** The public view of a lot. */
export type LotView = Pick<Lot, "id" | "name" | "available_spots">;

/** Texts of the notifications of a status. */
const STATUS_TEXTS: Readonly<Record<Status, string>> = {
  active: "New reservation created",
  completed: "Reservation completed",
  cancelled: "Reservation cancelled",
};

/** Most lots that are searched for a user's reservations; more than any user reserves in at a time. */
const MOST_LOTS = 1_000;

/** Creates the service of parking lots with free spots, and of reservations that take them. */
export function createParkingService({ lots, ended, nextLotId, nextReservationId }: ParkingServiceOptions) {
  const { message } = publisher(NAMESPACE, outbound);
  const tidy = createTidy(lots, ended);

  function reservationNotification(lot: Lot, { id, user_id, status }: Reservation): Message {
    return message(roomOf("reservation", user_id), "notification", {
      message: STATUS_TEXTS[status],
      data: { reservation_id: id, status, parking_lot_id: lot.id },
      notification_type: "reservation",
    });
  }

  function lotNotification({ id, name, available_spots }: Lot): Message {
    return message("parking_lot", "notification", {
      message: `${name}: ${available_spots} ${available_spots === 1 ? "spot" : "spots"} available`,
      data: { parking_lot_id: id, name, available_spots },
      notification_type: "parking_lot",
    });
  }

  /** Changes a lot, which has to exist. The result is stored with the lot for a while and should be small. */
  async function change<R>(lotId: number, command: Command, transition: (lot: Lot) => Change<Lot, R>): Promise<R> {
    return lots.modify(lotId, transition, command).catch((error: unknown) => {
      throw isError(error, "not_found") ? new HubError("not_found", "Parking lot not found") : error;
    });
  }

  /**
   * Returns the reservation with its new status, and `isUntidy` of its lot; `undefined` when it is no longer in the
   * lot.
   */
  async function changeInLot(lotId: number, id: number, status: Status, identity: Identity, command: Command) {
    return change(lotId, command, (lot) => {
      const reservation = lot.reservations.find((one) => one.id === id);
      if (!reservation) return { next: lot, result: undefined };
      const isSame = !spots.changesStatus(reservation, status, identity);
      const next = isSame ? lot : spots.end(lot, id, status);
      const changed = { ...reservation, status };
      const messages = isSame ? [] : [reservationNotification(next, changed), lotNotification(next)];
      return { next, messages, result: { reservation: changed, isUntidy: isUntidy(next) } };
    });
  }

  return {
    /** Returns up to `limit` lots with ids above `after`, by id. */
    async lots(after: number, limit: number): Promise<Lot[]> {
      return lots.find("byId", { range: { after }, limit });
    },

    async addLot(name: string, available_spots: number, command: Command): Promise<LotView> {
      const lot = spots.emptyLot(await command.number(nextLotId), name, available_spots);
      await lots.ensure(lot, [lotNotification(lot)]);
      return viewOf(lot);
    },

    async setSpots(lotId: number, available_spots: number, command: Command): Promise<LotView> {
      return change(lotId, command, (lot) => {
        const next = spots.setSpots(lot, available_spots);
        return { next, messages: [lotNotification(next)], result: viewOf(next) };
      });
    },

    /** Reserves a spot for the user. Rejects with `HubError("conflict")` when none is free. */
    async reserve(lotId: number, { userId }: Identity, command: Command): Promise<LocatedReservation> {
      const id = await command.number(nextReservationId);
      return change(lotId, command, (lot) => {
        const { next, reservation } = spots.reserve(lot, id, userId);
        const messages = [reservationNotification(next, reservation), lotNotification(next)];
        return { next, messages, result: { ...reservation, parking_lot_id: lotId } };
      });
    },

    /**
     * Sets the status. The same status changes and sends nothing. Rejects with `HubError("conflict")` for an ended
     * reservation.
     */
    async setStatus(id: number, status: Status, identity: Identity, command: Command): Promise<LocatedReservation> {
      const [lot] = await lots.find("byReservation", { equals: [id], limit: 1 });
      const changed = lot && (await changeInLot(lot.id, id, status, identity, command));
      if (changed) {
        if (changed.isUntidy) await tidy(lot.id);
        return { ...changed.reservation, parking_lot_id: lot.id };
      }
      const reservation = await ended.get(id);
      if (!reservation) throw new HubError("not_found", "Reservation not found");
      spots.changesStatus(reservation, status, identity);
      return reservation;
    },

    /** Returns the user's reservations with ids below `before`, newest first. */
    async reservations({ userId }: Identity, before: number, limit: number): Promise<LocatedReservation[]> {
      // Lots are read first: a reservation that is moved in between is then found twice instead of missed.
      const inLots = await lots.find("byUser", { equals: [userId], limit: MOST_LOTS });
      const moved = await ended.find("byUser", { equals: [userId], range: { before }, descending: true, limit });
      const found = new Map<number, LocatedReservation>();
      for (const lot of inLots) {
        for (const one of lot.reservations) {
          if (one.user_id === userId && one.id < before) found.set(one.id, { ...one, parking_lot_id: lot.id });
        }
      }
      for (const one of moved) found.set(one.id, one);
      return [...found.values()].sort((a, b) => b.id - a.id).slice(0, limit);
    },
  };
}

function viewOf({ id, name, available_spots }: Lot): LotView {
  return { id, name, available_spots };
}
