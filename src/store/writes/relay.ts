import type { StoredPublication } from "../../hub/message.ts";

/** What has become of messages that were relayed. */
export interface Relayed {
  /** Resolves when they are out for good; rejects when they have to be relayed again. Absent: they are. */
  readonly forGood?: Promise<void>;
}

/**
 * Called after a commit with the messages of the change, in order; resolves when the change may be acknowledged. `earlier`
 * are messages of the same document that another worker has stored and may not have relayed yet: those of class `log` get
 * their places first. When it rejects, the messages are relayed again later.
 */
export type Relay = (messages: readonly StoredPublication[], earlier: readonly StoredPublication[]) => Promise<Relayed>;
