import type { z } from "zod";
import type { InboundTypes } from "../hub/channel.ts";
import type { DeliveryClass, Outbound, OutboundTypes, WithError } from "../hub/outbound.ts";

// Types alone are imported from the hub: nothing of the server gets into a browser's bundle.

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

/** What is on the wire of a namespace, as its app declares it. */
export interface Declared<
  In extends InboundTypes = InboundTypes,
  Out extends OutboundTypes = OutboundTypes,
  Kind extends keyof Credentials = keyof Credentials,
> {
  readonly inbound: In;
  readonly outbound: Out;
  readonly credential: Kind;
}

/** Why the hub is about to end the connection: the close code and reason that a plain client sees. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** What the hub sends on a namespace, payloads by type. */
export type HubMessages<D extends Declared> = {
  [T in keyof WithError<D["outbound"]>]: WithError<D["outbound"]>[T] extends Outbound<infer S, infer C>
    ? Sent<z.output<S>, C>
    : never;
} & { closing: Closing };

/** What a message of class `log` carries besides its declared fields: its place in the log of the room. */
type Sent<P, C extends DeliveryClass> = C extends "log" ? P & { seq: number } : P;

/** What a client may send on a namespace, payloads by type. */
export type ClientMessages<D extends Declared> = {
  [T in keyof D["inbound"]]: z.input<D["inbound"][T]>;
} & Refresh<D["credential"]>;

/** A JWT can be renewed while the connection is open, before the old one expires. */
type Refresh<Kind extends keyof Credentials> = Kind extends "jwt" | "jwtOrCookie"
  ? { refresh: { token: string } }
  : object;

/** A message of the hub with its type beside its fields, as on the plain door; a union over the types given. */
export type Message<D extends Declared, T extends keyof HubMessages<D> = keyof HubMessages<D>> = {
  [K in T]: { readonly type: K } & HubMessages<D>[K];
}[T];
