import {
  type AppDeps,
  type Client,
  type Clock,
  idOf,
  type OutboundTypes,
  type Resumed,
  sinceGiven,
  timestamp,
} from "junction-hub";
import type { Station } from "./collections.ts";
import { inbound, notificationOutbound, type StationOutbound, stationOutbound } from "./messages.ts";
import { KEPT } from "./notifications.ts";
import { ALL_STATIONS, NOTIFICATIONS, STATIONS, stationRoom, userRoom } from "./rooms.ts";
import type { BatteryService } from "./service.ts";

/**
 * Most stations whose inventory a client gets when it connects to the channel of all stations: those with the lowest
 * ids. The cost of a connection must not grow with the number of stations. `GET /api/stations` has the rest.
 */
export const FIRST_STATIONS = 100;

/** Hours that notifications are kept: ten years. A user may return at any time, so only their number limits them. */
const TEN_YEARS = 10 * 365 * 24;

/** Declares the three channels of the app: all stations, one station, and a user's own notifications. */
export function batteryChannels(channel: AppDeps["channel"], service: BatteryService, clock: Clock): void {
  type Answering = { send(type: "pong", payload: { timestamp: string }): void };
  const on = {
    ping(client: Answering, { timestamp: sent }: { timestamp?: string | undefined }) {
      client.send("pong", { timestamp: sent ?? timestamp(clock) });
    },
  };

  /** Sends the station's current inventory. Call it after joining, so that no change is missed. */
  function sendInventory(client: Client<StationOutbound>, station: Station): void {
    client.sendCurrent("inventory_update", station, service.inventoryUpdate(station));
  }

  channel(STATIONS, {
    path: "/ws/stations",
    credential: "none",
    inbound,
    outbound: stationOutbound,
    on,
    async open(client) {
      await enter(client, ALL_STATIONS, (resumed) => {
        client.send("connection_established", { message: "Connected to stations", ...resumed });
      });
      for (const station of await service.list(0, FIRST_STATIONS)) sendInventory(client, station);
    },
  });
  channel(`${STATIONS}/{station_id}`, {
    path: "/ws/stations/{station_id}",
    credential: "none",
    inbound,
    outbound: stationOutbound,
    on,
    async admit(_identity, { station_id }) {
      await service.get(idOf(station_id));
    },
    async open(client) {
      const id = idOf(client.params.station_id);
      await enter(client, stationRoom(id), (resumed) => {
        client.send("connection_established", { message: `Connected to station_${id}`, station_id: id, ...resumed });
      });
      sendInventory(client, await service.get(id));
    },
  });
  channel(NOTIFICATIONS, {
    path: "/ws/notifications",
    credential: "jwt",
    cookie: "access_token",
    inbound,
    outbound: notificationOutbound,
    retention: { messages: KEPT, hours: TEN_YEARS },
    on,
    async open(client) {
      await enter(client, userRoom(client.identity.userId), (resumed) => {
        client.send("connection_established", { message: "Connected to notifications", ...resumed });
      });
    },
  });
}

/** Joins the one room of the channel, resuming from the client's `since` if it sent one. */
function enter<Out extends OutboundTypes>(
  client: Client<Out>,
  room: string,
  confirm: (resumed: Resumed) => void,
): Promise<void> {
  return client.join(room, { since: sinceGiven(client), confirm });
}
