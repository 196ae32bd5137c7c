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
  /** If true, `battery_booked` names the user in full; otherwise masked. */
  readonly exposeUser: boolean;
}

export type BatteryService = ReturnType<typeof createBatteryService>;

/** A booked battery and its station, or the station that it was collected from. */
export interface Booked {
  readonly station: Pick<Station, "id" | "name">;
  readonly battery: BookedBattery;
}

/** The id of an added battery, and the station's inventory with it. */
export interface Added {
  readonly batteryId: number;
  readonly inventory: Inventory;
}

/** Default texts of a change of status, for when the operator gives none. */
const STATUS_TEXTS: Readonly<Record<Status, string>> = {
  online: "Station is now operational",
  offline: "Station is offline",
  maintenance: "Station is under maintenance",
};

/** Creates the service of the battery-swap stations: their operations, independent of transport and route. */
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
  const stationPublisher = publisher(STATIONS, stationOutbound);

  /**
   * Returns the common fields of messages about a station, and its counts. The schema of a message picks those it has.
   */
  function about(station: Station, at: string) {
    const { id, name } = station;
    return { station_id: id, station_name: name, timestamp: at, ...transitions.inventoryOf(station) };
  }

  /** Returns the payload of an `inventory_update` for the station's current state. */
  function inventoryUpdate(
    station: Station,
    action: InventoryUpdate["action"] = "update",
    at = timestamp(clock),
  ): InventoryUpdate {
    return { ...about(station, at), action };
  }

  /** Builds one message to both rooms. A client in both gets it once. */
  function stationMessage<K extends keyof typeof stationOutbound>(
    station: Station,
    type: K,
    payload: Parameters<typeof stationPublisher.message<K>>[2],
  ): Message {
    return stationPublisher.message([stationRoom(station.id), ALL_STATIONS], type, payload);
  }

  function inventoryMessage(station: Station, action: InventoryUpdate["action"], at: string): Message {
    return stationMessage(station, "inventory_update", inventoryUpdate(station, action, at));
  }

  /**
   * Returns a station. Stations are never removed, so one that was found stays. Rejects with `HubError("not_found")`.
   */
  async function get(id: number): Promise<Station> {
    const station = Number.isSafeInteger(id) ? await stations.get(id) : undefined;
    if (!station) throw new HubError("not_found", "Station not found");
    return station;
  }

  /** Returns up to `limit` stations with ids above `after`, by id. */
  async function list(after: number, limit: number): Promise<Station[]> {
    return stations.find("byId", { range: { after }, limit });
  }

  /** Changes a station, which has to exist. The result is stored with the station for a while and should be small. */
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

    /** Returns a station with the offset to subscribe from in its room. */
    async getSnapshot(id: number): Promise<Snapped<Station>> {
      return snapshot({
        namespace: STATIONS,
        read: () => get(id),
        documents: (station) => [station],
        rooms: () => [stationRoom(id)],
      });
    },

    /** Same as `list`, with the offsets to subscribe from in the stations' rooms and in the room of all stations. */
    async listSnapshot(after: number, limit: number): Promise<Snapped<Station[]>> {
      return snapshot({
        namespace: STATIONS,
        read: () => list(after, limit),
        documents: (found) => found,
        rooms: (found) => [ALL_STATIONS, ...found.map(({ id }) => stationRoom(id))],
      });
    },

    async create(name: string, status: Status, command: Command): Promise<StationSummary> {
      const station = transitions.emptyStation(await command.number(nextStationId), name, status);
      await stations.ensure(station, [inventoryMessage(station, "update", timestamp(clock))]);
      return transitions.summaryOf(station);
    },

    /**
     * Sets the status and sends `station_status`, even when the status stays the same: the operator's text may be new.
     */
    async setStatus(
      id: number,
      status: Status,
      message: string | undefined,
      command: Command,
    ): Promise<StationSummary> {
      return change(id, command, (station, at) => {
        const next = transitions.setStatus(station, status);
        const payload = { ...about(next, at), status, message: message ?? STATUS_TEXTS[status] };
        return {
          next,
          messages: [stationMessage(next, "station_status", payload)],
          result: transitions.summaryOf(next),
        };
      });
    },

    async addBattery(id: number, info: string, command: Command): Promise<Added> {
      const batteryId = await command.number(nextBatteryId);
      return change(id, command, (station, at) => {
        const next = transitions.addBattery(station, batteryId, info);
        const added = stationMessage(next, "battery_added", { ...about(next, at), battery_id: batteryId });
        const result = { batteryId, inventory: transitions.inventoryOf(next) };
        return { next, messages: [added, inventoryMessage(next, "add", at)], result };
      });
    },

    /** Books a battery for the user. Rejects with `HubError("conflict")` when none is free. */
    async book(id: number, identity: Identity, command: Command): Promise<Booked> {
      const bookingId = await command.number(nextBookingId);
      const user = exposeUser ? (identity.email ?? identity.userId) : masked(identity);
      return change(id, command, (station, at) => {
        const { next, battery } = transitions.book(station, bookingId, identity.userId, at);
        const messages = [
          stationMessage(next, "battery_booked", { ...about(next, at), battery_id: battery.id, user }),
          inventoryMessage(next, "book", at),
          notifications.bookingConfirmed(next, battery),
        ];
        return { next, messages, result: booked(next, battery) };
      });
    },

    /** Marks a booked battery as ready. Notifies its user the first time only. */
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
        const collected = stationMessage(next, "battery_collected", { ...about(next, at), battery_id: battery.id });
        return { next, messages: [collected, inventoryMessage(next, "collect", at)], result: booked(next, battery) };
      });
    },
  };
}

function booked({ id, name }: Station, battery: BookedBattery): Booked {
  return { station: { id, name }, battery };
}
