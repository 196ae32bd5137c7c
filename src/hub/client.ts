import type { z } from "zod";
import type { Joining } from "./delivering.ts";
import type { DisconnectName } from "./disconnects.ts";
import type { HubError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import type { OutboundTypes } from "./outbound.ts";

/** The path parameters of the URL or namespace that the client connected by, for example `{ eventId: "7" }`. */
export type Params = Readonly<Record<string, string>>;

/** The interface of a client for the handlers of its channel. `Out`: the messages that the channel declares. */
export interface Client<Out extends OutboundTypes = OutboundTypes> {
  readonly id: string;
  readonly params: Params;
  readonly identity: Identity;
  /** The `since` of the client's handshake, for a channel with one room; `NaN` if it is malformed. See `sinceGiven`. */
  readonly since: number | undefined;
  /** False from the moment that either side begins to close the connection. Nothing is sent or handled after that. */
  readonly isOpen: boolean;

  /** Sends to this client alone. Throws a `ZodError` when the payload breaks the schema of its own type. */
  send<K extends keyof Out & string>(type: K, payload: z.input<Out[K]["schema"]>): void;

  /**
   * Sends the current value of a document, of class `latest`, unless the client has already been sent a newer one. Does
   * nothing for `undefined`. Read the document after joining the room, so that no change is missed in between.
   * `payload` defaults to the document itself. Throws an `Error` for a document that was not read from the store.
   */
  sendCurrent<K extends keyof Out & string>(
    type: K,
    document: { readonly id: string | number } | undefined,
    payload?: z.input<Out[K]["schema"]>,
  ): void;

  /** Broadcasts to the members of `room` on every transport and worker, except this client. Not for class `log`. */
  broadcastFrom<K extends keyof Out & string>(room: string, type: K, payload: z.input<Out[K]["schema"]>): void;

  /**
   * Joins a room. With `since`, the client is then sent the messages of class `log` that it has missed, and after that
   * the new ones. `confirm` is called before any message of the room reaches the client.
   * Does nothing when the connection has closed. Rejects with the error that `confirm` throws, and with
   * `HubError("unavailable")` while the room's log cannot be read. After a rejection the client is not in the room.
   */
  join(room: string, joining?: Joining): Promise<void>;
  leave(room: string): void | Promise<void>;
  isIn(room: string): boolean;

  /** Sends the document's error message; the connection stays open. */
  fail(error: HubError): void;
  /** Closes the connection with a row of the catalogue of disconnects. Does nothing on a closed one. */
  end(name: DisconnectName): void;
  /** Runs `cleanup` when the connection has closed, for any reason; at once if it already has. */
  onClose(cleanup: () => void): void;
}
