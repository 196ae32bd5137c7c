import type { z } from "zod";
import type { DeliveryClass, Outbound, OutboundTypes } from "./channel.ts";

/** A message on its way to rooms: already checked against its schema, so that it can be stored and sent as it is. */
export interface Outgoing {
  /** The root namespace whose rooms are meant, for example `/events`. */
  readonly namespace: string;
  /** A client that is in several of these rooms gets the message once. */
  readonly rooms: readonly string[];
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly delivery: DeliveryClass;
  /** For class `latest`: values with the same key replace each other. */
  readonly key: string | undefined;
}

/** Carries a message to every member of its rooms, on every door and worker. */
export type Fanout = (message: Outgoing, narrowing?: FanoutNarrowing) => void;

export interface FanoutNarrowing {
  /** A connection id. */
  readonly except?: string;
  /** Only to the members on this worker. */
  readonly here?: boolean;
}

/** Builds messages of one namespace; what its services use. */
export interface Publisher<Out extends OutboundTypes> {
  message<K extends keyof Out & string>(
    rooms: string | readonly string[],
    type: K,
    payload: z.input<Out[K]["schema"]>,
  ): Outgoing;
}

/** A publisher for the rooms of `namespace`. Its `message` throws a `ZodError` when a payload breaks its own schema. */
export function publisher<Out extends OutboundTypes>(namespace: string, outbound: Out): Publisher<Out> {
  return {
    message: (rooms, type, payload) =>
      outgoing(namespace, typeof rooms === "string" ? [rooms] : rooms, type, outbound[type] as Outbound, payload),
  };
}

/** One checked message. Parsing strips every field the schema does not declare, so that nothing private slips out. */
export function outgoing(
  namespace: string,
  rooms: readonly string[],
  type: string,
  declared: Outbound,
  payload: unknown,
): Outgoing {
  const checked = declared.schema.parse(payload) as Record<string, unknown>;
  return { namespace, rooms, type, payload: checked, delivery: declared.delivery, key: declared.key?.(checked) };
}
