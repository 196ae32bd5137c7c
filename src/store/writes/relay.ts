import { HubError } from "../../hub/errors.ts";
import type { StoredPublication } from "../../hub/message.ts";

/** The result of relaying messages. */
export interface Relayed {
  /** Resolves when the messages are sent for good. Rejects when they must be relayed again. Absent: they are sent. */
  readonly forGood?: Promise<void>;
}

/**
 * Takes the messages of a change after its commit, in order. Resolves when the change may be acknowledged. `earlier`:
 * messages of the same document that another worker has stored and may not have relayed yet. Those of class `log` are
 * appended first. After a rejection the messages are relayed again later.
 */
export type Relay = (messages: readonly StoredPublication[], earlier: readonly StoredPublication[]) => Promise<Relayed>;

/** The target of a store's messages; delivery is one. */
export interface RelayTarget {
  relay(...change: Parameters<Relay>): ReturnType<Relay>;
}

/** The target until `Store.relayTo`: it rejects, so the messages stay in their outboxes. */
export const NO_TARGET: RelayTarget = {
  async relay() {
    throw new HubError("unavailable");
  },
};
