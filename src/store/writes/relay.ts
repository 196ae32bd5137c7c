import type { StoredPublication } from "../../hub/message.ts";

/** The state of messages that were relayed. */
export interface Relayed {
  /** Resolves when they are delivered for good. Rejects when they must be relayed again. Absent when they already are. */
  readonly forGood?: Promise<void>;
}

/**
 * A function that takes the messages of a change, in order, after the commit. It resolves when the change may be acknowledged.
 * `earlier` are messages of the same document that another worker has stored and may not have relayed yet. Those of class
 * `log` are appended to their logs first. When the function rejects, the messages are relayed again later.
 */
export type Relay = (messages: readonly StoredPublication[], earlier: readonly StoredPublication[]) => Promise<Relayed>;
