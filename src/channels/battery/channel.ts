import { type Channel, defineChannel } from "../../hub/channel.ts";
import { type Clock, timestamp } from "../../hub/clock.ts";
import { Refusal } from "../../hub/disconnects.ts";
import { HubError } from "../../hub/errors.ts";
import {
  inbound,
  type NotificationOutbound,
  notificationOutbound,
  type StationOutbound,
  stationOutbound,
} from "./messages.ts";
import { ALL_STATIONS, type BatteryService, NOTIFICATIONS, STATIONS, stationRoom, userRoom } from "./service.ts";

/**
 * So many stations are told to whoever begins to watch all of them, those with the lowest ids: what it costs must not
 * grow with the stations. Where there are more, `GET /api/stations` has the rest.
 */
export const FIRST_STATIONS = 100;

/** The three channels of the app: all stations, one station, and a user's own notifications. */
export function batteryChannels(service: BatteryService, clock: Clock): Channel[] {
  type Answering = { send(type: "pong", payload: { timestamp: string }): void };

  const common = {
    app: "battery",
    inbound,
    error: ({ message }: { message: string }) => ({ message }),
    on: {
      ping(client: Answering, { timestamp: sent }: { timestamp?: string | undefined }) {
        client.send("pong", { timestamp: sent ?? timestamp(clock) });
      },
    },
  } as const;

  return [
    defineChannel<typeof inbound, StationOutbound>({
      ...common,
      namespace: STATIONS,
      path: "/ws/stations",
      credential: "none",
      outbound: stationOutbound,
      async open(client) {
        // In the room first: nothing that happens from now on is missed.
        await client.join(ALL_STATIONS);
        client.send("connection_established", { message: "Connected to stations" });
        for (const station of await service.list(0, FIRST_STATIONS)) {
          client.send("inventory_update", service.inventoryUpdate(station));
        }
      },
    }),
    defineChannel<typeof inbound, StationOutbound>({
      ...common,
      namespace: `${STATIONS}/{station_id}`,
      rooms: STATIONS,
      path: "/ws/stations/{station_id}",
      credential: "none",
      outbound: stationOutbound,
      async admit(_identity, { station_id }) {
        await service.get(idOf(station_id)).catch((error: unknown) => {
          throw error instanceof HubError && error.code === "not_found"
            ? new Refusal("not_found", error.message)
            : error;
        });
      },
      async open(client) {
        const id = idOf(client.params.station_id);
        await client.join(stationRoom(id));
        client.send("connection_established", { message: `Connected to station_${id}`, station_id: id });
        client.send("inventory_update", service.inventoryUpdate(await service.get(id)));
      },
    }),
    defineChannel<typeof inbound, NotificationOutbound>({
      ...common,
      namespace: NOTIFICATIONS,
      path: "/ws/notifications",
      credential: "jwt",
      cookie: "access_token",
      outbound: notificationOutbound,
      async open(client) {
        await client.join(userRoom(client.identity.userId));
        client.send("connection_established", { message: "Connected to notifications" });
      },
    }),
  ];
}

/** The station that a URL names; `NaN` where it is not written as ids are, so that every station has one address. */
function idOf(stationId = ""): number {
  return /^[1-9]\d{0,14}$/.test(stationId) ? Number(stationId) : Number.NaN;
}
