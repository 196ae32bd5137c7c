/** Typed clients of this hub's apps for browsers and Node. */
import * as client from "../client/index.ts";
import type * as battery from "./battery/messages.ts";
import type * as bookings from "./bookings/messages.ts";
import type * as events from "./events/messages.ts";
import type * as parking from "./parking/messages.ts";
import type * as vehicles from "./vehicles/messages.ts";

export {
  type Acknowledgement,
  type Closing,
  type ConnectError,
  type Credentials,
  configureJunction,
  type Token,
} from "../client/index.ts";

// Only types are imported from the apps, so that no server code gets into a browser's bundle.

type Stations = client.Declared<typeof battery.inbound, typeof battery.stationOutbound, "none">;
type Events = client.Declared<typeof events.inbound, typeof events.outbound, "jwt">;

/** Every namespace of the hub. A parameter is filled in: `/events/7`. */
export interface Namespaces {
  "/vehicles/search": client.Declared<typeof vehicles.inbound, typeof vehicles.outbound, "apiKey">;
  "/battery/stations": Stations;
  [station: `/battery/stations/${number}`]: Stations;
  "/battery/notifications": client.Declared<typeof battery.inbound, typeof battery.notificationOutbound, "jwtOrCookie">;
  "/bookings": client.Declared<typeof bookings.inbound, typeof bookings.outbound, "jwt">;
  "/events": Events;
  [event: `/events/${number}`]: Events;
  "/parking/notifications": client.Declared<typeof parking.inbound, typeof parking.outbound, "wsToken">;
}

export type Namespace = keyof Namespaces;
export type ClientMessages<N extends Namespace> = client.ClientMessages<Namespaces[N]>;
export type HubMessages<N extends Namespace> = client.HubMessages<Namespaces[N]>;
export type ConnectOptions<N extends Namespace> = client.ConnectOptions<Namespaces[N]>;
export type HubSocket<N extends Namespace> = client.HubSocket<Namespaces[N]>;
export type Listeners<N extends Namespace> = client.Listeners<Namespaces[N]>;
export type Message<N extends Namespace, T extends keyof HubMessages<N> = keyof HubMessages<N>> = client.Message<
  Namespaces[N],
  T
>;

/** Default port of each app on localhost, as documented. */
const PORTS = { vehicles: 3000, events: 3000, bookings: 5000, battery: 8000, parking: 8000 };

/** Returns the base URL of an app's HTTP routes, by one of its namespaces, without a trailing slash. */
export function baseUrl(namespace: Namespace, url?: string): string {
  return client.baseUrl(namespace, PORTS, url);
}

/**
 * Connects to a namespace of the hub, from a browser or from Node.
 *
 * ```ts
 * const events = connect("/events", { url: "http://localhost:3000", token });
 * events.on("seat_update", ({ eventId, availableSeats }) => show(eventId, availableSeats));
 * const answer = await events.emitWithAck("subscribe_event", { eventId: 123 });
 * ```
 */
export const connect = client.createConnect<Namespaces>(PORTS);
