import { HubError } from "../../hub/errors.ts";
import type { StoredPublication } from "../../hub/message.ts";

/** The result of relaying messages. */
export interface Relayed {
  /** Resolves when the messages are sent for good; rejects when they have to be relayed again. Absent: they are sent. */
  readonly forGood?: Promise<void>;
}

/**
 * Takes the messages of a change after its commit, in order; resolves when the change may be acknowledged. `earlier` are
 * messages of the same document that another worker has stored and may not have relayed yet: those of class `log` are
 * appended first. When it rejects, the messages are relayed again later.
 */
export type Relay = (messages: readonly StoredPublication[], earlier: readonly StoredPublication[]) => Promise<Relayed>;

/** The target of a store's messages; delivery is one. */
export interface RelayTarget {
  relay(...change: Parameters<Relay>): ReturnType<Relay>;
}

/** The target of a store that has no other yet: the messages stay in their outboxes. */
export const NO_TARGET: RelayTarget = {
  async relay() {
    throw new HubError("unavailable");
  },
};
