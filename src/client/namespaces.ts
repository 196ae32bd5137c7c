import type { z } from "zod";
import type * as battery from "../apps/battery/messages.ts";
import type * as bookings from "../apps/bookings/messages.ts";
import type * as events from "../apps/events/messages.ts";
import type * as parking from "../apps/parking/messages.ts";
import type * as vehicles from "../apps/vehicles/messages.ts";
import type { InboundTypes } from "../hub/channel.ts";
import type { DeliveryClass, Outbound, OutboundTypes } from "../hub/outbound.ts";

// Types alone are imported from the channels and from the hub: nothing of the server gets into a browser's bundle.

/** A JWT or a ws token; a function is asked before every attempt, also when a lost connection comes back. */
export type Token = string | (() => string | undefined | Promise<string | undefined>);

/** How a client says who it is, by the kind of credential that the namespace asks for. */
export interface Credentials {
  none: object;
  jwt: { readonly token: Token };
  /** A JWT, or the cookie that a page of the hub's own host has anyway. */
  jwtOrCookie: { readonly token?: Token };
  apiKey: { readonly apiKey: string };
  /** From `GET /api/user/ws-token/`. */
  wsToken: { readonly token: Token };
}

/** What is on the wire of a namespace, as its app's `messages.ts` declares it. */
interface Declared<In extends InboundTypes, Out extends OutboundTypes, Kind extends keyof Credentials> {
  readonly inbound: In;
  readonly outbound: Out;
  readonly credential: Kind;
}

type Stations = Declared<typeof battery.inbound, typeof battery.stationOutbound, "none">;
type Events = Declared<typeof events.inbound, typeof events.outbound, "jwt">;

/** Every namespace of the hub; one with a parameter is written with it, `/events/7`. */
export interface Namespaces {
  "/vehicles/search": Declared<typeof vehicles.inbound, typeof vehicles.outbound, "apiKey">;
  "/battery/stations": Stations;
  [station: `/battery/stations/${number}`]: Stations;
  "/battery/notifications": Declared<typeof battery.inbound, typeof battery.notificationOutbound, "jwtOrCookie">;
  "/bookings": Declared<typeof bookings.inbound, typeof bookings.outbound, "jwt">;
  "/events": Events;
  [event: `/events/${number}`]: Events;
  "/parking/notifications": Declared<typeof parking.inbound, typeof parking.outbound, "wsToken">;
}

export type Namespace = keyof Namespaces;

type InboundOf<N extends Namespace> = Namespaces[N]["inbound"];
type OutboundOf<N extends Namespace> = Namespaces[N]["outbound"];

/** Why the hub is about to end the connection: the close code and reason that a plain client sees. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** What the hub sends, payloads by type. */
export type HubMessages<N extends Namespace> = {
  [T in keyof OutboundOf<N>]: OutboundOf<N>[T] extends Outbound<infer S, infer D> ? Sent<z.output<S>, D> : never;
} & { closing: Closing };

/** What a message of class `log` carries besides its declared fields: its place in the log of the room. */
type Sent<P, D extends DeliveryClass> = D extends "log" ? P & { seq: number } : P;

/** What a client may send, payloads by type. */
export type ClientMessages<N extends Namespace> = {
  [T in keyof InboundOf<N>]: z.input<InboundOf<N>[T]>;
} & Refresh<Namespaces[N]["credential"]>;

/** A JWT can be renewed while the connection is open, before the old one expires. */
type Refresh<Kind extends keyof Credentials> = Kind extends "jwt" | "jwtOrCookie"
  ? { refresh: { token: string } }
  : object;

/** A message of the hub with its type beside its fields, as on the plain door; a union over the types given. */
export type Message<N extends Namespace, T extends keyof HubMessages<N> = keyof HubMessages<N>> = {
  [K in T]: { readonly type: K } & HubMessages<N>[K];
}[T];
