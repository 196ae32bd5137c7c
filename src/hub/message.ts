import type { z } from "zod";
import type { DeliveryClass, Outbound, OutboundTypes } from "./outbound.ts";

/** A message on its way to rooms: already checked against its schema, so that it can be stored and sent as it is. */
export interface Message {
  /** The root namespace whose rooms are meant, for example `/events`. */
  readonly namespace: string;
  /** A client that is in several of these rooms gets the message once. */
  readonly rooms: readonly string[];
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly delivery: DeliveryClass;
  /** For class `latest`: values with the same key replace each other. */
  readonly key: string | undefined;
  /** Names the message where its sender must know the name; given by the store otherwise. */
  readonly id?: string;
}

/** A message that a change of a document has caused, or that somebody publishes. */
export interface StoredPublication {
  /** Names it for good: what is sent again under the same id is the same message. */
  readonly id: string;
  /** Later values of the same thing have greater versions; what class `latest` compares. */
  readonly version: number;
  readonly message: Message;
}

/** The offset of a message in the log of a room. The offsets of a room are 1, 2, 3 and so on, without gaps. */
export interface Position {
  readonly room: string;
  readonly offset: number;
}

/** A message on its way to subscribers, with the facts that its class needs to keep its promise. */
export interface Publication {
  readonly message: Message;
  /** Class `latest`. */
  readonly version?: number;
  /** Class `log`: the offset of this copy in its one room. The payload has it as `seq`. */
  readonly offset?: number;
  /** Class `log`: the positions of all copies of a message to several rooms, this one too, in the order of its rooms. */
  readonly positions?: readonly Position[];
}

/** The way to the members of rooms on this worker; `transports/` implements it. */
export interface Fanout {
  /** Delivers a message to the members of its rooms, once to each, except the connections with the ids in `except`. */
  deliver(message: Message, except?: readonly string[]): void;
}

/** The way to the other workers; `redis/` implements it. */
export interface Peers {
  /**
   * Publishes to the other workers, each of which calls `PeerReceiver.receive`. Resolves to whether Redis has taken the
   * publication. Returns `undefined` while the other workers cannot be reached; they catch up when they are found again.
   */
  publish(publication: Publication, except?: readonly string[]): Promise<boolean> | undefined;
}

/** The receiving side of a worker's link to the others; `delivery/` implements it. */
export interface PeerReceiver {
  /** Takes a publication of another worker. */
  receive(publication: Publication, except: readonly string[]): void;
  /** Notes that publications of the other workers do not arrive any more. */
  peersLost(): void;
  /** Notes that they arrive again; `since` is the time of the last certain arrival, in milliseconds since the epoch. */
  peersFound(since: number): void;
}

/** Builds messages of one namespace; what its services use. */
export interface Publisher<Out extends OutboundTypes> {
  message<K extends keyof Out & string>(
    rooms: string | readonly string[],
    type: K,
    payload: z.input<Out[K]["schema"]>,
  ): Message;
}

/** A publisher for the rooms of `namespace`. Its `message` throws a `ZodError` when a payload breaks its own schema. */
export function publisher<Out extends OutboundTypes>(namespace: string, outbound: Out): Publisher<Out> {
  return {
    message: (rooms, type, payload) =>
      checkedMessage(namespace, typeof rooms === "string" ? [rooms] : rooms, type, outbound[type] as Outbound, payload),
  };
}

/** One checked message. Parsing strips every field the schema does not declare, so that nothing private slips out. */
export function checkedMessage(
  namespace: string,
  rooms: readonly string[],
  type: string,
  declared: Outbound,
  payload: unknown,
): Message {
  const checked = declared.schema.parse(payload) as Record<string, unknown>;
  return { namespace, rooms, type, payload: checked, delivery: declared.delivery, key: declared.key?.(checked) };
}
