import type { DeliveryClass } from "../../src/hub/outbound.ts";

/** The messages that the five documents name, by app; what the hub sends with its delivery class. */
export const DOCUMENTED: Readonly<
  Record<string, { readonly client: readonly string[]; readonly hub: Readonly<Record<string, DeliveryClass>> }>
> = {
  vehicles: { client: ["search"], hub: { search_results: "reply", error: "reply" } },
  battery: {
    client: ["ping"],
    hub: {
      connection_established: "reply",
      inventory_update: "latest",
      battery_booked: "log",
      battery_collected: "log",
      battery_added: "log",
      station_status: "log",
      booking_confirmed: "log",
      booking_ready: "log",
      notification: "log",
      pong: "volatile",
      error: "reply",
    },
  },
  bookings: {
    client: ["join", "leave", "typing"],
    hub: {
      connected: "reply",
      joined_room: "reply",
      left_room: "reply",
      status_update: "log",
      message: "log",
      location_update: "latest",
      typing: "volatile",
      error: "reply",
    },
  },
  events: {
    client: ["subscribe_event", "unsubscribe_event", "ping", "get_stats"],
    hub: {
      connection_established: "reply",
      subscribed: "reply",
      unsubscribed: "reply",
      seat_update: "latest",
      booking_created: "log",
      booking_cancelled: "log",
      pong: "volatile",
      stats: "volatile",
      error: "reply",
    },
  },
  parking: { client: ["subscribe"], hub: { subscribed: "reply", notification: "log", error: "reply" } },
};
