import { z } from "zod";

/**
 * The promise a message type is delivered by.
 * - `log`: every subscriber gets every one, in one order, also those that came while it was away.
 * - `latest`: a slow client may skip values but ends on the newest of each key.
 * - `volatile`: delivered if the client can take it now.
 * - `reply`: the answer to one client (a confirmation, a result, an error); never broadcast.
 */
export type DeliveryClass = "log" | "latest" | "volatile" | "reply";

/** An outbound message type: its schema, its delivery class and, for `latest`, what makes two values the same thing. */
export interface Outbound<S extends z.ZodObject = z.ZodObject, D extends DeliveryClass = DeliveryClass> {
  readonly schema: S;
  readonly delivery: D;
  readonly key: ((payload: Readonly<Record<string, unknown>>) => string) | undefined;
}

export type OutboundTypes = Readonly<Record<string, Outbound>>;

/** The error message of a channel that declares none. */
export const DEFAULT_ERROR = reply(z.object({ message: z.string() }));

/** The messages of a channel with its error message. */
export type WithError<Out extends OutboundTypes> = Out extends { readonly error: Outbound }
  ? Out
  : Out & { readonly error: typeof DEFAULT_ERROR };

/** A message of this class reaches clients with one field more: `seq`, its place in the log of the room. */
export function log<S extends z.ZodObject>(schema: S): Outbound<S, "log"> {
  return { schema, delivery: "log", key: undefined };
}

/** `key` names the field that tells things apart, for example `eventId`. */
export function latest<S extends z.ZodObject>(schema: S, key: keyof z.output<S> & string): Outbound<S, "latest"> {
  return { schema, delivery: "latest", key: (payload) => String(payload[key]) };
}

export function volatile<S extends z.ZodObject>(schema: S): Outbound<S, "volatile"> {
  return { schema, delivery: "volatile", key: undefined };
}

export function reply<S extends z.ZodObject>(schema: S): Outbound<S, "reply"> {
  return { schema, delivery: "reply", key: undefined };
}
