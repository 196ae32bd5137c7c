import { connect, type HubMessages, type Message } from "junction-hub/client";
import {
  append,
  type HookOptions,
  report,
  storedToken,
  type UserHookOptions,
  useStateOf,
} from "junction-hub/client/react";
import { useEffect, useState } from "react";

const NOTIFICATIONS = "/battery/notifications";

export interface Inventory {
  readonly available: number;
  readonly booked: number;
  readonly total: number;
}

export interface StationWebSocket {
  /**
   * The last inventory received. With a station it arrives on connecting; without one it is that of the last station
   * to change.
   */
  readonly inventory: Inventory | null;
  readonly isConnected: boolean;
}

/** Subscribes to the inventory of a station, or to that of all stations when none is given. */
export function useStationWebSocket(stationId?: number | string | null, { url }: HookOptions = {}): StationWebSocket {
  const [inventory, setInventory] = useStateOf<Inventory | null>(stationId, null);
  const [isConnected, setIsConnected] = useState(false);

  useEffect(() => {
    const namespace = stationId ? (`/battery/stations/${Number(stationId)}` as const) : "/battery/stations";
    const socket = connect(namespace, url === undefined ? {} : { url });
    // Not every message has the total, which is always `available + booked`.
    const counted = (
      counts: Pick<HubMessages<"/battery/stations">["battery_booked"], "available_batteries" | "booked_batteries">,
    ): void => {
      const [available, booked] = [counts.available_batteries, counts.booked_batteries];
      setInventory({ available, booked, total: available + booked });
    };
    socket
      .on("connect", () => setIsConnected(true))
      .on("disconnect", () => setIsConnected(false))
      .on("connect_error", report)
      .on("inventory_update", counted)
      .on("battery_booked", counted)
      .on("battery_collected", counted);
    return () => {
      socket.disconnect();
    };
  }, [stationId, url, setInventory]);

  return { inventory, isConnected };
}

export type UserNotification = Message<typeof NOTIFICATIONS, "notification" | "booking_confirmed" | "booking_ready">;

/**
 * Subscribes to the user's own notifications; returns those received since mounting, oldest first. On a page of the
 * hub's own host the cookie `access_token` is used when there is no JWT.
 */
export function useUserNotifications({ url, token }: UserHookOptions = {}): readonly UserNotification[] {
  const [notifications, setNotifications] = useState<readonly UserNotification[]>([]);

  useEffect(() => {
    const currentToken = (): string | undefined => token ?? storedToken();
    const socket = connect(NOTIFICATIONS, { token: currentToken, ...(url !== undefined && { url }) });
    const add = (notification: UserNotification): void => setNotifications((before) => append(before, notification));
    socket
      .on("connect_error", report)
      .on("notification", (payload) => add({ type: "notification", ...payload }))
      .on("booking_confirmed", (payload) => add({ type: "booking_confirmed", ...payload }))
      .on("booking_ready", (payload) => add({ type: "booking_ready", ...payload }));
    return () => {
      socket.disconnect();
    };
  }, [token, url]);

  return notifications;
}
