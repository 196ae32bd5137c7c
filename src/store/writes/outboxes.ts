import type { Clock } from "../../hub/clock.ts";
import { isError } from "../../hub/errors.ts";
import type { StoredPublication } from "../../hub/message.ts";
import type { Id } from "../collection.ts";
import { type Outbox, type OutboxEntry, publicationOf } from "./record.ts";
import type { Relay } from "./relay.ts";

/** What a store does with the messages of its changes. */
export interface RelayOptions {
  readonly relay: Relay;
  /** Stamps changes, and tells when to look for messages that are left over. */
  readonly clock: Clock;
  /** Told of failures that no caller waits for, to be logged; not of those that pass when the database is back. */
  readonly onFault?: ((where: string, error: unknown) => void) | undefined;
}

/** How many ids of relayed messages are remembered, lest they be relayed again in front of others of their document. */
const MAX_RELAYED = 10_000;

/** What may leave the record of a document. */
interface Leaving {
  /** Since when there is something, in milliseconds since the epoch. */
  readonly since: number;
  readonly ids: Set<string>;
}

/** What this worker knows of the outboxes of a collection: it relays their messages and notes which are out for good. */
export class Outboxes {
  readonly #options: RelayOptions;
  /** By document, what its next write leaves out: entries that are out for good, and markers that are forgotten. */
  readonly #leaving = new Map<Id, Leaving>();
  /** Entries that are being relayed, or are and nobody knows yet whether for good. */
  readonly #underWay = new Set<string>();
  /** Entries that `relay` has taken and that may still be in their record; the oldest first. */
  readonly #relayed = new Set<string>();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /**
   * Relays messages of a document, with those in front of them in its outbox that nobody is known to have relayed. Never
   * rejects: what cannot be relayed is still in the outbox.
   */
  async relay(id: Id, messages: readonly StoredPublication[], before: readonly OutboxEntry[]): Promise<void> {
    const earlier = before.filter((entry) => !this.#relayed.has(entry.id)).map(publicationOf);
    const ids = messages.filter(({ message }) => message.delivery !== "volatile").map((message) => message.id);
    for (const one of ids) this.#underWay.add(one);
    const end = (): void => {
      for (const one of ids) this.#underWay.delete(one);
    };
    try {
      const { forGood } = await this.#options.relay(messages, earlier);
      this.#remember([...earlier.map((one) => one.id), ...ids]);
      const out = (): void => this.leave(id, ids);
      if (forGood) void forGood.then(out, () => {}).then(end);
      else {
        out();
        end();
      }
    } catch (error) {
      end();
      if (!isError(error, "unavailable")) this.#options.onFault?.("relaying the messages of a change", error);
    }
  }

  /** Relays what is left in the outbox of a document. */
  async relayLeft({ id, outbox }: Outbox): Promise<void> {
    const leaving = this.#leaving.get(id)?.ids;
    const left = outbox.filter((entry) => !leaving?.has(entry.id) && !this.#underWay.has(entry.id));
    if (left.length > 0) await this.relay(id, left.map(publicationOf), []);
  }

  /** What the next write of a document may leave out. */
  leaving(id: Id): ReadonlySet<string> {
    return new Set(this.#leaving.get(id)?.ids);
  }

  /** Entries or markers may leave the record of a document. */
  leave(id: Id, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const known = this.#leaving.get(id);
    if (known) for (const one of ids) known.ids.add(one);
    else this.#leaving.set(id, { since: this.#options.clock.now(), ids: new Set(ids) });
  }

  /** They have left it. */
  left(id: Id, ids: ReadonlySet<string>): void {
    const known = this.#leaving.get(id);
    for (const one of ids) {
      known?.ids.delete(one);
      this.#relayed.delete(one);
    }
    if (known?.ids.size === 0) this.#leaving.delete(id);
  }

  /** Documents that something may have left since `time` or before. */
  untidySince(time: number): Id[] {
    return [...this.#leaving].filter(([, { since }]) => since <= time).map(([id]) => id);
  }

  #remember(ids: readonly string[]): void {
    for (const id of ids) this.#relayed.add(id);
    for (const id of this.#relayed) {
      if (this.#relayed.size <= MAX_RELAYED) break;
      this.#relayed.delete(id);
    }
  }
}
