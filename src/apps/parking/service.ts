import { type Change, type Command, HubError, type Identity, isError, type Message, publisher } from "junction-hub";
import { createTidy, isUntidy } from "./archive.ts";
import type { Ended, LocatedReservation, Lot, Lots, Reservation } from "./collections.ts";
import { type NotificationType, outbound, type Status } from "./messages.ts";
import * as spots from "./spots.ts";

export const NAMESPACE = "/parking/notifications";

/** The room of those who are notified of something: of lots everybody, of reservations each user apart. */
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

/** What everybody may know of a lot. */
export type LotView = Pick<Lot, "id" | "name" | "available_spots">;

/** What a change of status is told as. */
const NEWS: Readonly<Record<Status, string>> = {
  active: "New reservation created",
  completed: "Reservation completed",
  cancelled: "Reservation cancelled",
};

/** More lots than anybody has reservations in at a time. */
const MOST_LOTS = 1_000;

/** The parking app: lots with free spots, and reservations that take them. */
export function createParkingService({ lots, ended, nextLotId, nextReservationId }: ParkingServiceOptions) {
  const { message } = publisher(NAMESPACE, outbound);
  const tidy = createTidy(lots, ended);

  function reservationNews(lot: Lot, { id, user_id, status }: Reservation): Message {
    return message(roomOf("reservation", user_id), "notification", {
      message: NEWS[status],
      data: { reservation_id: id, status, parking_lot_id: lot.id },
      notification_type: "reservation",
    });
  }

  function lotNews({ id, name, available_spots }: Lot): Message {
    return message("parking_lot", "notification", {
      message: `${name}: ${available_spots} ${available_spots === 1 ? "spot" : "spots"} available`,
      data: { parking_lot_id: id, name, available_spots },
      notification_type: "parking_lot",
    });
  }

  /** A change of a lot that has to exist. Its result is kept with the lot for a while, and should be small. */
  async function change<R>(lotId: number, command: Command, transition: (lot: Lot) => Change<Lot, R>): Promise<R> {
    return lots.modify(lotId, transition, command).catch((error: unknown) => {
      throw isError(error, "not_found") ? new HubError("not_found", "Parking lot not found") : error;
    });
  }

  /** The reservation with its new status, and whether its lot is untidy now; `undefined` when it is no longer in the lot. */
  async function changeInLot(lotId: number, id: number, status: Status, identity: Identity, command: Command) {
    return change(lotId, command, (lot) => {
      const reservation = lot.reservations.find((one) => one.id === id);
      if (!reservation) return { next: lot, result: undefined };
      const isSame = !spots.changesStatus(reservation, status, identity);
      const next = isSame ? lot : spots.end(lot, id, status);
      const changed = { ...reservation, status };
      const messages = isSame ? [] : [reservationNews(next, changed), lotNews(next)];
      return { next, messages, result: { reservation: changed, isUntidy: isUntidy(next) } };
    });
  }

  return {
    /** Lots by id, those after `after`. */
    async lots(after: number, limit: number): Promise<Lot[]> {
      return lots.find("byId", { range: { after }, limit });
    },

    async addLot(name: string, available_spots: number, command: Command): Promise<LotView> {
      const lot = spots.emptyLot(await command.number(nextLotId), name, available_spots);
      await lots.ensure(lot, [lotNews(lot)]);
      return factsOf(lot);
    },

    async setSpots(lotId: number, available_spots: number, command: Command): Promise<LotView> {
      return change(lotId, command, (lot) => {
        const next = spots.setSpots(lot, available_spots);
        return { next, messages: [lotNews(next)], result: factsOf(next) };
      });
    },

    /** Rejects with `HubError("conflict")` when no spot is free. */
    async reserve(lotId: number, { userId }: Identity, command: Command): Promise<LocatedReservation> {
      const id = await command.number(nextReservationId);
      return change(lotId, command, (lot) => {
        const { next, reservation } = spots.reserve(lot, id, userId);
        const messages = [reservationNews(next, reservation), lotNews(next)];
        return { next, messages, result: { ...reservation, parking_lot_id: lotId } };
      });
    },

    /** Asking for the status that there is changes nothing and tells nobody. Out of an ended one: `HubError("conflict")`. */
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

    /** The user's reservations with an id below `before`, newest first. */
    async reservations({ userId }: Identity, before: number, limit: number): Promise<LocatedReservation[]> {
      // The lots first: what moves in between is then found twice and not missed.
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

function factsOf({ id, name, available_spots }: Lot): LotView {
  return { id, name, available_spots };
}
