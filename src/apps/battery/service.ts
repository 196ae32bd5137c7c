import {
  type Change,
  type Clock,
  type Command,
  HubError,
  type Identity,
  type Message,
  publisher,
  type Snapped,
  type Snapshot,
  timestamp,
} from "junction-hub";
import type { BookedBattery, Station, Stations } from "./collections.ts";
import { masked } from "./mask.ts";
import { type Inventory, type InventoryUpdate, type Status, stationOutbound } from "./messages.ts";
import type { Notifications } from "./notifications.ts";
import { ALL_STATIONS, STATIONS, stationRoom } from "./rooms.ts";
import type { StationSummary } from "./station.ts";
import * as transitions from "./station.ts";

export interface BatteryServiceOptions {
  readonly stations: Stations;
  readonly notifications: Pick<Notifications, "bookingConfirmed" | "bookingReady">;
  readonly snapshot: Snapshot;
  readonly nextStationId: () => Promise<number>;
  readonly nextBatteryId: () => Promise<number>;
  readonly nextBookingId: () => Promise<number>;
  readonly clock: Clock;
  /** Whether everybody who watches is told in full who books. */
  readonly exposeUser: boolean;
}

export type BatteryService = ReturnType<typeof createBatteryService>;

/** A booked battery and where it is, or was before it was collected. */
export interface Booked {
  readonly station: Pick<Station, "id" | "name">;
  readonly battery: BookedBattery;
}

/** A battery that was added, and what the station holds with it. */
export interface Added {
  readonly batteryId: number;
  readonly inventory: Inventory;
}

/** What is said of a status when the operator says nothing else. */
const STATUS_TEXTS: Readonly<Record<Status, string>> = {
  online: "Station is now operational",
  offline: "Station is offline",
  maintenance: "Station is under maintenance",
};

/** The battery-swap stations: what can be done with them, by whichever door or route it is asked for. */
export function createBatteryService({
  stations,
  notifications,
  snapshot,
  nextStationId,
  nextBatteryId,
  nextBookingId,
  clock,
  exposeUser,
}: BatteryServiceOptions) {
  const toWatchers = publisher(STATIONS, stationOutbound);

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
  ): Message {
    return toWatchers.message([stationRoom(station.id), ALL_STATIONS], type, payload);
  }

  function tellInventory(station: Station, action: InventoryUpdate["action"], at: string): Message {
    return tell(station, "inventory_update", inventoryUpdate(station, action, at));
  }

  /** The station, which from then on is always there: none is ever removed. */
  async function get(id: number): Promise<Station> {
    const station = Number.isSafeInteger(id) ? await stations.get(id) : undefined;
    if (!station) throw new HubError("not_found", "Station not found");
    return station;
  }

  /** Stations by id, those after `after`. */
  async function list(after: number, limit: number): Promise<Station[]> {
    return stations.find("byId", { range: { after }, limit });
  }

  /** A change of a station that has to exist. Its result is kept with the station for a while, and should be small. */
  async function change<R>(
    id: number,
    command: Command,
    transition: (station: Station, at: string) => Change<Station, R>,
  ): Promise<R> {
    await get(id);
    return stations.modify(id, (station) => transition(station, timestamp(clock)), command);
  }

  return {
    get,
    list,
    inventoryUpdate,

    /** A station, with the place in its room to subscribe from. */
    async getPlaced(id: number): Promise<Snapped<Station>> {
      return snapshot({
        namespace: STATIONS,
        read: () => get(id),
        documents: (station) => [station],
        rooms: () => [stationRoom(id)],
      });
    },

    /** The same as `list`, with the places to subscribe from in the rooms of the stations and in that of all. */
    async listPlaced(after: number, limit: number): Promise<Snapped<Station[]>> {
      return snapshot({
        namespace: STATIONS,
        read: () => list(after, limit),
        documents: (found) => found,
        rooms: (found) => [ALL_STATIONS, ...found.map(({ id }) => stationRoom(id))],
      });
    },

    async create(name: string, status: Status, command: Command): Promise<StationSummary> {
      const station = transitions.emptyStation(await command.number(nextStationId), name, status);
      await stations.ensure(station, [tellInventory(station, "update", timestamp(clock))]);
      return transitions.summaryOf(station);
    },

    /** Tells everybody, also when the status is what it was: it is the operator who speaks. */
    async setStatus(
      id: number,
      status: Status,
      message: string | undefined,
      command: Command,
    ): Promise<StationSummary> {
      return change(id, command, (station, at) => {
        const next = transitions.setStatus(station, status);
        const said = { ...about(next, at), status, message: message ?? STATUS_TEXTS[status] };
        return { next, messages: [tell(next, "station_status", said)], result: transitions.summaryOf(next) };
      });
    },

    async addBattery(id: number, info: string, command: Command): Promise<Added> {
      const batteryId = await command.number(nextBatteryId);
      return change(id, command, (station, at) => {
        const next = transitions.addBattery(station, batteryId, info);
        const added = tell(next, "battery_added", { ...about(next, at), battery_id: batteryId });
        const result = { batteryId, inventory: transitions.inventoryOf(next) };
        return { next, messages: [added, tellInventory(next, "add", at)], result };
      });
    },

    /** Rejects with `HubError("conflict")` when no battery is free. */
    async book(id: number, identity: Identity, command: Command): Promise<Booked> {
      const bookingId = await command.number(nextBookingId);
      const user = exposeUser ? (identity.email ?? identity.userId) : masked(identity);
      return change(id, command, (station, at) => {
        const { next, battery } = transitions.book(station, bookingId, identity.userId, at);
        const messages = [
          tell(next, "battery_booked", { ...about(next, at), battery_id: battery.id, user }),
          tellInventory(next, "book", at),
          notifications.bookingConfirmed(next, battery),
        ];
        return { next, messages, result: booked(next, battery) };
      });
    },

    /** Tells the booker that the battery can be fetched, once. */
    async markReady(id: number, bookingId: number, command: Command): Promise<Booked> {
      return change(id, command, (station, at) => {
        const { next, battery } = transitions.markReady(station, bookingId, at);
        const messages = next === station ? [] : [notifications.bookingReady(next, battery, at)];
        return { next, messages, result: booked(next, battery) };
      });
    },

    async collect(id: number, bookingId: number, identity: Identity, command: Command): Promise<Booked> {
      return change(id, command, (station, at) => {
        const { next, battery } = transitions.collect(station, bookingId, identity);
        const collected = tell(next, "battery_collected", { ...about(next, at), battery_id: battery.id });
        return { next, messages: [collected, tellInventory(next, "collect", at)], result: booked(next, battery) };
      });
    },
  };
}

function booked({ id, name }: Station, battery: BookedBattery): Booked {
  return { station: { id, name }, battery };
}
