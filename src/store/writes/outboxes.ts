import type { Clock } from "../../hub/clock.ts";
import { isError } from "../../hub/errors.ts";
import type { HubEvents } from "../../hub/events.ts";
import type { StoredPublication } from "../../hub/message.ts";
import type { Id } from "../collection.ts";
import { type Outbox, type OutboxEntry, publicationOf } from "./record.ts";
import type { RelayTarget } from "./relay.ts";

export interface OutboxOptions {
  /** The target of the messages at each moment. */
  readonly target: RelayTarget;
  readonly clock: Clock;
  /** Reports failures that no caller waits for, except those that pass when the database is back. */
  readonly events?: HubEvents | undefined;
}

/** Ids of relayed messages that are remembered, so that they are not relayed again before later ones of their document. */
const MAX_RELAYED = 10_000;

/** Entries and markers that may leave the record of a document. */
interface Leaving {
  /** The time when the first of them could leave; epoch milliseconds. */
  readonly since: number;
  readonly ids: Set<string>;
}

/** This worker's view of the outboxes of a collection. It relays their messages and notes which are delivered for good. */
export class Outboxes {
  readonly #options: OutboxOptions;
  /** By document: entries that are delivered for good and markers that are forgotten. The next write leaves them out. */
  readonly #leaving = new Map<Id, Leaving>();
  /** Entries that are being relayed, or that are relayed and not yet known to be delivered for good. */
  readonly #underWay = new Set<string>();
  /** Relayed entries that may still be in their record; oldest first. */
  readonly #relayed = new Set<string>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /**
   * Relays messages of a document. Includes the earlier entries of its outbox that are not known to be relayed. Never rejects:
   * a message that cannot be relayed stays in the outbox.
   */
  async relay(id: Id, messages: readonly StoredPublication[], before: readonly OutboxEntry[]): Promise<void> {
    const earlier = before.filter((entry) => !this.#relayed.has(entry.id)).map(publicationOf);
    const ids = messages.filter(({ message }) => message.delivery !== "volatile").map((message) => message.id);
    for (const one of ids) this.#underWay.add(one);
    const end = (): void => {
      for (const one of ids) this.#underWay.delete(one);
    };
    try {
      const { forGood } = await this.#options.target.relay(messages, earlier);
      this.#remember([...earlier.map((one) => one.id), ...ids]);
      const letLeave = (): void => this.leave(id, ids);
      if (forGood) void forGood.then(letLeave, () => {}).then(end);
      else {
        letLeave();
        end();
      }
    } catch (error) {
      end();
      if (!isError(error, "unavailable")) {
        this.#options.events?.emit("fault", { where: "relaying the messages of a change", error });
      }
    }
  }

  /** Relays the entries of an outbox that this worker is not relaying and that may not leave yet. */
  async relayLeft({ id, outbox }: Outbox): Promise<void> {
    const leaving = this.#leaving.get(id)?.ids;
    const left = outbox.filter((entry) => !leaving?.has(entry.id) && !this.#underWay.has(entry.id));
    if (left.length > 0) await this.relay(id, left.map(publicationOf), []);
  }

  /** Returns the ids of entries and markers that the next write of a document may leave out. */
  leaving(id: Id): ReadonlySet<string> {
    return new Set(this.#leaving.get(id)?.ids);
  }

  /** Lets entries and markers leave the record of a document with its next write. */
  leave(id: Id, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const known = this.#leaving.get(id);
    if (known) for (const one of ids) known.ids.add(one);
    else this.#leaving.set(id, { since: this.#options.clock.now(), ids: new Set(ids) });
  }

  /** Forgets entries and markers that have left the record of a document. */
  left(id: Id, ids: ReadonlySet<string>): void {
    const known = this.#leaving.get(id);
    for (const one of ids) {
      known?.ids.delete(one);
      this.#relayed.delete(one);
    }
    if (known?.ids.size === 0) this.#leaving.delete(id);
  }

  /** Returns the documents with entries or markers that could leave at `time` or before; epoch milliseconds. */
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
