import type { Message, Position } from "./message.ts";

/** Delivery as the hub sees it: it keeps the promises of the delivery classes. */
export interface Delivering {
  /**
   * Publishes a message of class `log` that no change of a document has caused, on every worker. Resolves when the message
   * is stored and its delivery is certain, to its positions; a room in whose log it has no offset yet is left out. A
   * message whose `id` was published before is not published again, and resolves to the same positions.
   * Rejects with `HubError("unavailable")` while the database cannot be reached.
   */
  publish(message: Message): Promise<readonly Position[]>;
  /**
   * Sends a message of class `latest` or `volatile` to the members of its rooms on every worker, except to the connection
   * `except`. Throws an `Error` for class `log`.
   */
  broadcast(message: Message, except?: string): void;
  /** Delivers a message that each worker gets by itself to the members on this one. Throws an `Error` for class `log`. */
  deliver(message: Message): void;
  /** Lets a client enter a room, confirms its position, and sends it the messages that it has missed. */
  subscribe(member: Subscriber, room: string, joining: Joining): Promise<void>;
  /** Ends the subscription of a client that has left a room. */
  unsubscribe(member: Subscriber, room: string): void;
  /** Whether a value of class `latest`, as just read, is none that `member` has been sent a newer one of. */
  isCurrent(value: Message, version: number, member: Subscriber): boolean;
  /** Gives the version of a document as the store gave it out; throws an `Error` for any other object. */
  versionOf(document: { readonly id: string | number }): number;
}

/** A client as delivery sees it. */
export interface Subscriber {
  readonly id: string;
  /** The namespace that owns its rooms. */
  readonly namespace: string;
  readonly isOpen: boolean;
  /** Enters a room of the transport; resolves when messages of other workers to the room arrive here too. */
  enter(room: string): void | Promise<void>;
  /** Sends a message that is already checked. */
  deliver(type: string, payload: Readonly<Record<string, unknown>>): void;
  /** Ends the connection. The client may come back and learns then which messages it has missed for good. */
  disconnect(): void;
}

export interface Joining {
  /** The offset of the last message of the room that the client has seen. Absent: the client asks for new messages alone. */
  readonly since?: number | undefined;
  /**
   * Called once the client is in, before any message of class `log` of the room reaches it: the channel's confirmation.
   * When it throws, the client is not in.
   */
  readonly confirm?: ((resumed: Resumed) => void | Promise<void>) | undefined;
}

/** The answer to a client that asked for missed messages; empty for a client that did not ask. */
export interface Resumed {
  /** Whether all messages that it has missed follow. */
  readonly recovered?: boolean;
  /** The offset of the room's newest message. */
  readonly seq?: number;
}
