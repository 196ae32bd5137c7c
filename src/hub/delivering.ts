import type { Message } from "./message.ts";

/** What the hub asks of delivery, which keeps the promises of the delivery classes. */
export interface Delivering {
  /**
   * Sends a message that no change of a document has caused to the members of its rooms, everywhere, but not to the
   * connection `except`. Of class `log`, it resolves when the message is kept and will be delivered whatever happens.
   */
  publish(message: Message, except?: string): Promise<void> | void;
  /** Sends it to the members on this worker alone; not for class `log`. */
  publishHere(message: Message): void;
  /** Makes a client a member of a room, once in, tells it where it stands, and gives it what it has missed. */
  subscribe(member: Subscriber, room: string, joining: Joining): Promise<void>;
  /** To be called when a client has left a room. */
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
  /** Enters a room of the transport; resolves when the room is heard from other workers too. */
  enter(room: string): void | Promise<void>;
  /** Sends a message that is already checked. */
  deliver(type: string, payload: Readonly<Record<string, unknown>>): void;
  /** Ends the connection, which may come back later and is told then what it has missed for good. */
  disconnect(): void;
}

export interface Joining {
  /** The place of the last message of the room that the client has seen. Absent: it asks for nothing but what comes. */
  readonly since?: number | undefined;
  /**
   * Called once the client is in, before any message of class `log` of the room reaches it: the channel's confirmation.
   * When it throws, the client is not in.
   */
  readonly confirm?: ((resumed: Resumed) => void | Promise<void>) | undefined;
}

/** What a confirmation says to a client that asked for what it has missed; empty for one that did not ask. */
export interface Resumed {
  /** Whether all that it has missed follows. */
  readonly recovered?: boolean;
  /** The place of the room's newest message. */
  readonly seq?: number;
}
