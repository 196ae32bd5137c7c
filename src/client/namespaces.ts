import type { z } from "zod";
import type { InboundTypes } from "../hub/channel.ts";
import type { DeliveryClass, Outbound, OutboundTypes, WithError } from "../hub/outbound.ts";

// Only types are imported from the hub, so that no server code gets into a browser's bundle.

/** A JWT or a ws token. A function is called before every attempt, reconnects included. */
export type Token = string | (() => string | undefined | Promise<string | undefined>);

/** Options that carry the credential, by the kind that the namespace requires. */
export interface Credentials {
  none: object;
  jwt: { readonly token: Token };
  /** A JWT, or the cookie that the browser sends from a page of the hub's own host. */
  jwtOrCookie: { readonly token?: Token };
  apiKey: { readonly apiKey: string };
  /** From `GET /api/user/ws-token/`. */
  wsToken: { readonly token: Token };
}

/** The messages and the credential of a namespace, as its app declares them. */
export interface Declared<
  In extends InboundTypes = InboundTypes,
  Out extends OutboundTypes = OutboundTypes,
  Kind extends keyof Credentials = keyof Credentials,
> {
  readonly inbound: In;
  readonly outbound: Out;
  readonly credential: Kind;
}

/**
 * The reason for which the hub is about to close the connection: close code and reason, as a plain client gets them.
 */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** Payloads of the hub's messages on a namespace, by type. */
export type HubMessages<D extends Declared> = {
  [T in keyof WithError<D["outbound"]>]: WithError<D["outbound"]>[T] extends Outbound<infer S, infer C>
    ? Sent<z.output<S>, C>
    : never;
} & { closing: Closing };

/**
 * The payload as sent: a message of class `log` has, besides its declared fields, `seq`, its offset in the room's log.
 */
type Sent<P, C extends DeliveryClass> = C extends "log" ? P & { seq: number } : P;

/** Payloads of a client's messages on a namespace, by type. */
export type ClientMessages<D extends Declared> = {
  [T in keyof D["inbound"]]: z.input<D["inbound"][T]>;
} & Refresh<D["credential"]>;

/** The message that renews a JWT while the connection is open, before the old one expires. */
type Refresh<Kind extends keyof Credentials> = Kind extends "jwt" | "jwtOrCookie"
  ? { refresh: { token: string } }
  : object;

/** A message of the hub with its type beside its fields, as on the plain transport; a union over the types given. */
export type Message<D extends Declared, T extends keyof HubMessages<D> = keyof HubMessages<D>> = {
  [K in T]: { readonly type: K } & HubMessages<D>[K];
}[T];
