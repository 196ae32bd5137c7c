import { randomUUID } from "node:crypto";
import { type Clock, timestamp } from "../../hub/clock.ts";
import { HubError } from "../../hub/errors.ts";
import type { Identity } from "../../hub/identity.ts";
import { type Outgoing, publisher } from "../../hub/publish.ts";
import type { Change } from "../../store/collection.ts";
import type { BookedBattery, Notification, Station, Stations } from "./collections.ts";
import type { Inboxes } from "./inboxes.ts";
import { masked } from "./mask.ts";
import { type InventoryUpdate, type News, notificationOutbound, type Status, stationOutbound } from "./messages.ts";
import { newsOf } from "./news.ts";
import * as transitions from "./station.ts";

export const STATIONS = "/battery/stations";
export const NOTIFICATIONS = "/battery/notifications";

/** The room of all who watch every station. */
export const ALL_STATIONS = "stations";

/** The room of all who watch one station. */
export function stationRoom(stationId: number): string {
  return `station:${stationId}`;
}

/** The room of a user's own clients. */
export function userRoom(userId: string): string {
  return `user:${userId}`;
}

export interface BatteryServiceOptions {
  readonly stations: Stations;
  readonly inboxes: Inboxes;
  readonly nextStationId: () => Promise<number>;
  readonly nextBatteryId: () => Promise<number>;
  readonly nextBookingId: () => Promise<number>;
  readonly clock: Clock;
  /** Whether everybody who watches is told in full who books. */
  readonly exposeUser: boolean;
}

export type BatteryService = ReturnType<typeof createBatteryService>;

/** A booked battery, and the station as it is after the change. */
export interface Booked {
  readonly station: Station;
  readonly battery: BookedBattery;
}

/** What is said of a status when the operator says nothing else. */
const STATUS_TEXTS: Readonly<Record<Status, string>> = {
  online: "Station is now operational",
  offline: "Station is offline",
  maintenance: "Station is under maintenance",
};

/** More stations than anybody has bookings at. */
const MOST_STATIONS = 1_000;

/** The battery-swap stations: what can be done with them, by whichever door or route it is asked for. */
export function createBatteryService({
  stations,
  inboxes,
  nextStationId,
  nextBatteryId,
  nextBookingId,
  clock,
  exposeUser,
}: BatteryServiceOptions) {
  const toWatchers = publisher(STATIONS, stationOutbound);
  const toUsers = publisher(NOTIFICATIONS, notificationOutbound);

  /** What every message about a station begins with, and its counts; a message takes of these what its schema has. */
  function about(station: Station, at: string) {
    const { id, name } = station;
    return { station_id: id, station_name: name, timestamp: at, ...transitions.inventoryOf(station) };
  }

  /** The payload of an `inventory_update` for the station as it is. */
  function inventoryUpdate(
    station: Station,
    action: InventoryUpdate["action"] = "update",
    at = timestamp(clock),
  ): InventoryUpdate {
    return { ...about(station, at), action };
  }

  /** One message to both rooms: whoever is in both gets it once. */
  function tell<K extends keyof typeof stationOutbound>(
    station: Station,
    type: K,
    payload: Parameters<typeof toWatchers.message<K>>[2],
  ): Outgoing {
    return toWatchers.message([stationRoom(station.id), ALL_STATIONS], type, payload);
  }

  function tellInventory(station: Station, action: InventoryUpdate["action"], at: string): Outgoing {
    return tell(station, "inventory_update", inventoryUpdate(station, action, at));
  }

  function tellUser(userId: string, news: News): Outgoing {
    return toUsers.message(userRoom(userId), news.type, news);
  }

  async function change<R>(id: number, transition: (station: Station, at: string) => Change<Station, R>): Promise<R> {
    return stations.modify(id, (station) => transition(station, timestamp(clock)));
  }

  /** The station, which from then on is always there: none is ever removed. */
  async function get(id: number): Promise<Station> {
    const station = Number.isSafeInteger(id) ? await stations.get(id) : undefined;
    if (!station) throw new HubError("not_found", "Station not found");
    return station;
  }

  /** Files what a booker has been told. What is filed stays as it is; what has made room for newer news stays away. */
  async function file({ station, battery }: Booked): Promise<void> {
    const userId = battery.booking.user_id;
    const keptSince = await inboxes.keptSince(userId);
    for (const news of newsOf(station, battery)) {
      if (news.timestamp >= keptSince) await inboxes.file(userId, `${news.type}:${news.booking_id}`, news);
    }
  }

  /** The change is made and told; what cannot be filed now is filed when the user looks, or before the booking ends. */
  async function fileIfPossible(booked: Booked): Promise<Booked> {
    await file(booked).catch((error: unknown) => {
      if (!(error instanceof HubError && error.code === "unavailable")) throw error;
    });
    return booked;
  }

  return {
    get,
    inventoryUpdate,

    /** Stations by id, those after `after`. */
    async list(after: number, limit: number): Promise<Station[]> {
      return stations.find("byId", { range: { after }, limit });
    },

    async create(name: string, status: Status): Promise<Station> {
      const station = transitions.emptyStation(await nextStationId(), name, status);
      await stations.insert(station, [tellInventory(station, "update", timestamp(clock))]);
      return station;
    },

    /** Tells everybody, also when the status is what it was: it is the operator who speaks. */
    async setStatus(id: number, status: Status, message = STATUS_TEXTS[status]): Promise<Station> {
      await get(id);
      return change(id, (station, at) => {
        const next = transitions.setStatus(station, status);
        return {
          next,
          messages: [tell(next, "station_status", { ...about(next, at), status, message })],
          result: next,
        };
      });
    },

    async addBattery(id: number, info: string): Promise<{ station: Station; batteryId: number }> {
      await get(id);
      const batteryId = await nextBatteryId();
      return change(id, (station, at) => {
        const next = transitions.addBattery(station, batteryId, info);
        const added = tell(next, "battery_added", { ...about(next, at), battery_id: batteryId });
        return { next, messages: [added, tellInventory(next, "add", at)], result: { station: next, batteryId } };
      });
    },

    /** Rejects with `HubError("conflict")` when no battery is free. */
    async book(id: number, identity: Identity): Promise<Booked> {
      await get(id);
      const bookingId = await nextBookingId();
      const user = exposeUser ? (identity.email ?? identity.userId) : masked(identity);
      const booked = await change(id, (station, at) => {
        const { next, battery } = transitions.book(station, bookingId, identity.userId, at);
        const messages = [
          tell(next, "battery_booked", { ...about(next, at), battery_id: battery.id, user }),
          tellInventory(next, "book", at),
          ...newsOf(next, battery).map((news) => tellUser(identity.userId, news)),
        ];
        return { next, messages, result: { station: next, battery } };
      });
      return fileIfPossible(booked);
    },

    /** Tells the booker that the battery can be fetched, once. */
    async markReady(id: number, bookingId: number): Promise<Booked> {
      await get(id);
      const ready = await change(id, (station, at) => {
        const { next, battery } = transitions.markReady(station, bookingId, at);
        const messages = next === station ? [] : newsOf(next, battery).slice(-1);
        return {
          next,
          messages: messages.map((news) => tellUser(battery.booking.user_id, news)),
          result: { station: next, battery },
        };
      });
      return fileIfPossible(ready);
    },

    async collect(id: number, bookingId: number, identity: Identity): Promise<Booked> {
      const station = await get(id);
      // Afterwards nobody knows any more what should have been filed.
      await file({ station, battery: transitions.bookedBattery(station, bookingId) });
      return change(id, (station, at) => {
        const { next, battery } = transitions.collect(station, bookingId, identity);
        const collected = tell(next, "battery_collected", { ...about(next, at), battery_id: battery.id });
        return { next, messages: [collected, tellInventory(next, "collect", at)], result: { station: next, battery } };
      });
    },

    /** Sends a user a notification and keeps it, in one write. */
    async notify(userId: string, facts: Pick<News & { type: "notification" }, "title" | "message" | "level">) {
      const news: News = { type: "notification", ...facts, timestamp: timestamp(clock) };
      return inboxes.file(userId, randomUUID(), news, [tellUser(userId, news)]);
    },

    /** A user's notifications with a number above `afterSeq`, in order. */
    async notifications(userId: string, afterSeq: number): Promise<Notification[]> {
      // Of bookings whose worker died before it could file what it had told.
      for (const station of await stations.find("byUser", { equals: [userId], limit: MOST_STATIONS })) {
        for (const battery of transitions.bookedBy(station, userId)) await file({ station, battery });
      }
      return inboxes.list(userId, afterSeq);
    },
  };
}
