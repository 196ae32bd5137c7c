import type { Message, Position } from "./message.ts";

/** The port of delivery, which keeps the promises of the delivery classes; `delivery/` implements it. */
export interface Delivering {
  /**
   * Publishes a message of class `log` that no change of a document has caused, on every worker. Resolves to its
   * positions when the message is stored and its delivery is certain. A room in whose log it has no offset yet is left
   * out. A message whose `id` was published before is not published again, and resolves to the same positions. Rejects
   * with `HubError("unavailable")` while the database cannot be reached.
   */
  publish(message: Message): Promise<readonly Position[]>;
  /**
   * Sends a message of class `latest` or `volatile` to the members of its rooms on every worker, except to the
   * connection `except`. Throws an `Error` for class `log`.
   */
  broadcast(message: Message, except?: string): void;
  /**
   * Delivers a message that each worker gets by itself to the members on this one. Throws an `Error` for class `log`.
   */
  deliver(message: Message): void;
  /** Lets a client enter a room, confirms its position, and sends it the messages that it has missed. */
  subscribe(subscriber: Subscriber, room: string, joining: Joining): Promise<void>;
  /** Ends the subscription of a client that has left a room. */
  unsubscribe(subscriber: Subscriber, room: string): void;
  /** Returns true unless the subscriber has already been sent a newer version of this value of class `latest`. */
  isCurrent(value: Message, version: number, subscriber: Subscriber): boolean;
  /** Returns the version of a document that was read from the store. Throws an `Error` for any other object. */
  versionOf(document: { readonly id: string | number }): number;
}

/** The interface of a client for delivery. */
export interface Subscriber {
  readonly id: string;
  /** The namespace that owns its rooms. */
  readonly namespace: string;
  readonly isOpen: boolean;
  /** Enters a room of the transport; resolves when messages of other workers to the room arrive here too. */
  enter(room: string): void | Promise<void>;
  /** Sends a message that is already checked. */
  deliver(type: string, payload: Readonly<Record<string, unknown>>): void;
  /** Disconnects the client with 1013. When it reconnects with `since`, it gets `recovered: false`. */
  disconnect(): void;
}

/** Options of a join. */
export interface Joining {
  /** The offset of the last message of the room that the client has. Absent: only new messages are sent. */
  readonly since?: number | undefined;
  /**
   * Sends the channel's confirmation. It runs once the client is in the room, before any message of class `log` of the
   * room reaches it. When it throws, the client is not in the room.
   */
  readonly confirm?: ((resumed: Resumed) => void | Promise<void>) | undefined;
}

/** The answer to a `since`; empty for a client that sent none. */
export interface Resumed {
  /** True if every message that the client missed follows; false if some are no longer kept. */
  readonly recovered?: boolean;
  /** The offset of the room's newest message. */
  readonly seq?: number;
}
