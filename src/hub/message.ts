import type { z } from "zod";
import type { DeliveryClass, Outbound, OutboundTypes } from "./outbound.ts";

/** A message for rooms. It is checked against its schema, so that it can be stored and sent as it is. */
export interface Message {
  /** The root namespace that owns the rooms, for example `/events`. */
  readonly namespace: string;
  /** A client that is in several of these rooms gets the message once. */
  readonly rooms: readonly string[];
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly delivery: DeliveryClass;
  /** For class `latest`: values with the same key replace each other. */
  readonly key: string | undefined;
  /** The id of the message, where its sender sets one. The store generates it otherwise. */
  readonly id?: string;
}

/** A message that a change of a document has caused, or that was published, as the store has it. */
export interface StoredPublication {
  /** Identifies the message for good. A message that is sent again under the same id is the same one. */
  readonly id: string;
  /** The version of the document. Class `latest` compares it: later values of the same key have greater versions. */
  readonly version: number;
  readonly message: Message;
}

/** The offset of a message in the log of a room. The offsets of a room are 1, 2, 3 and so on, without gaps. */
export interface Position {
  readonly room: string;
  readonly offset: number;
}

/** A message for subscribers, with its version or its offset by class. */
export interface Publication {
  readonly message: Message;
  /** Class `latest`: orders the values of a key. */
  readonly version?: number;
  /** Class `log`: the offset of this copy in its one room. The payload has it as `seq`. */
  readonly offset?: number;
  /**
   * Class `log`: the positions of all copies of a message to several rooms, this one too, in the order of its rooms.
   */
  readonly positions?: readonly Position[];
}

/** The fan-out to the members of rooms on this worker; `transports/` implements it. */
export interface Fanout {
  /** Delivers a message to the members of its rooms, once to each, except the connections with the ids in `except`. */
  deliver(message: Message, except?: readonly string[]): void;
}

/** The link to the other workers, for sending; `redis/` implements it. */
export interface Peers {
  /**
   * Publishes to the other workers, each of which calls `PeerReceiver.receive`. Resolves to true once Redis has taken
   * the publication, to false if it has not. Returns `undefined` while the other workers cannot be reached. They catch
   * up after the reconnect.
   */
  publish(publication: Publication, except?: readonly string[]): Promise<boolean> | undefined;
}

/** The receiving side of a worker's link to the others; `delivery/` implements it. */
export interface PeerReceiver {
  /** Receives a publication of another worker. */
  receive(publication: Publication, except: readonly string[]): void;
  /** Reports that publications of the other workers do not arrive any more. */
  peersLost(): void;
  /** Reports that they arrive again. `since`: the time of the last certain arrival; epoch milliseconds. */
  peersFound(since: number): void;
}

/** A builder of the messages of one namespace. */
export interface Publisher<Out extends OutboundTypes> {
  /** Builds a message for one or more rooms. Throws a `ZodError` when the payload breaks the schema of its own type. */
  message<K extends keyof Out & string>(
    rooms: string | readonly string[],
    type: K,
    payload: z.input<Out[K]["schema"]>,
  ): Message;
}

/** Makes a publisher for the rooms of `namespace`. */
export function publisher<Out extends OutboundTypes>(namespace: string, outbound: Out): Publisher<Out> {
  return {
    message: (rooms, type, payload) =>
      checkedMessage(namespace, typeof rooms === "string" ? [rooms] : rooms, type, outbound[type] as Outbound, payload),
  };
}

/**
 * Makes a checked message. Parsing strips every field that the schema does not declare, so that no private one is sent.
 */
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
