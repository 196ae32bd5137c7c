import { z } from "zod";

/**
 * The promise by which a message type is delivered.
 * - `log`: every subscriber gets every message, in one order, also those that were published while it was disconnected.
 * - `latest`: a slow client may skip values but ends on the newest of each key.
 * - `volatile`: delivered if the client can take it now.
 * - `reply`: the answer to one client (a confirmation, a result, an error); never broadcast.
 */
export type DeliveryClass = "log" | "latest" | "volatile" | "reply";

/**
 * An outbound message type: its schema, its delivery class and, for `latest`, the key by which values replace each
 * other.
 */
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

/**
 * Declares a message of class `log`. It reaches clients with one field more: `seq`, its offset in the log of the room.
 */
export function log<S extends z.ZodObject>(schema: S): Outbound<S, "log"> {
  return { schema, delivery: "log", key: undefined };
}

/** Declares a message of class `latest`. `key` is the field whose values replace each other, for example `eventId`. */
export function latest<S extends z.ZodObject>(schema: S, key: keyof z.output<S> & string): Outbound<S, "latest"> {
  return { schema, delivery: "latest", key: (payload) => String(payload[key]) };
}

/** Declares a message of class `volatile`. */
export function volatile<S extends z.ZodObject>(schema: S): Outbound<S, "volatile"> {
  return { schema, delivery: "volatile", key: undefined };
}

/** Declares a message of class `reply`. */
export function reply<S extends z.ZodObject>(schema: S): Outbound<S, "reply"> {
  return { schema, delivery: "reply", key: undefined };
}
