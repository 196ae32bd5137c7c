import type { z } from "zod";
import { type Clock, every } from "../../hub/clock.ts";
import { isError } from "../../hub/errors.ts";
import type { HubEvents } from "../../hub/events.ts";
import type { Document, Id } from "../collection.ts";
import { type GroupCommit, groupCommit, type Writes } from "./group-commit.ts";
import { Markers } from "./markers.ts";
import { Outboxes } from "./outboxes.ts";
import type { Records } from "./record.ts";
import { NO_TARGET, type Relay, type RelayTarget } from "./relay.ts";

/** Milliseconds after which a record is written without the entries and markers that may leave it, if no write came before. */
const TIDY_MS = 500;

/** Milliseconds between two sweeps of the outboxes, give or take a quarter so that workers do not all sweep at once. */
const SWEEP_MS = 1_000;

/**
 * Milliseconds after which a message in an outbox counts as not relayed by its writer. If that is wrong, because clocks
 * differ or the writer is slow, the message is relayed twice under one id, which is harmless.
 */
const LEFT_MS = 2_000;

/** Outboxes of a collection that one sweep reads, at most. */
const SWEEP_LIMIT = 1_000;

/** Records that are relayed from, or written, at once. */
const AT_ONCE = 64;

/** The options of a store that its writes need. */
export interface WriteOptions {
  /** Stamps changes, and sets the times to look for messages that are left over. */
  readonly clock: Clock;
  /** Reports failures that no caller waits for, except those that pass when the database is back. */
  readonly events?: HubEvents | undefined;
  /** Takes the messages of changes until `relayTo` names a target. Default: rejects, and the messages wait. */
  readonly relay?: Relay | undefined;
}

interface Maintained {
  readonly records: Pick<Records<unknown>, "pending">;
  readonly outboxes: Outboxes;
  readonly tidy: GroupCommit<Document>["tidy"];
}

/**
 * The writes of a store's collections and the background work after them. Tidying removes entries and markers that records
 * no longer need. Sweeping relays the messages that a worker has stored and not relayed, because it died or failed.
 */
export class Upkeep {
  readonly #options: WriteOptions & { target: RelayTarget };
  readonly #collections: Maintained[] = [];
  readonly #markers = new Markers();
  readonly #stopTidying: () => Promise<void>;
  #cancelSweep = (): void => {};
  #closing: Promise<void> | undefined;

  constructor(options: WriteOptions) {
    const { clock, relay } = options;
    this.#options = { ...options, target: relay ? { relay } : NO_TARGET };
    this.#stopTidying = every(clock, TIDY_MS, () => this.#tidy(clock.now() - TIDY_MS));
    this.#sweepLater();
  }

  /** Names the target of all messages from now on, those of earlier changes that are still in an outbox too. */
  relayTo(target: RelayTarget): void {
    this.#options.target = target;
  }

  /** The writes of a collection, which is kept up from now on. */
  writes<T extends Document>(schema: z.ZodType<T>, records: Records<T>): Writes<T> {
    const outboxes = new Outboxes(this.#options);
    const { clock } = this.#options;
    const { tidy, ...writes } = groupCommit({ schema, records, outboxes, markers: this.#markers, clock });
    this.#collections.push({ records, outboxes, tidy });
    return writes;
  }

  /** Lets the markers of these steps leave the records that this worker has written. */
  forget(steps: readonly string[]): void {
    this.#markers.forget(steps);
  }

  /** Stops the background work and tidies all records if the database allows. To be called before the database is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelSweep();
    void this.#stopTidying();
    await this.#tidy(Number.POSITIVE_INFINITY);
  }

  /** Writes records without the entries and markers that could leave them at `time` or before. */
  async #tidy(time: number): Promise<void> {
    await Promise.all(
      this.#collections.map(({ outboxes, tidy }) =>
        each(outboxes.untidySince(time), (id: Id) =>
          tidy(id).catch((error: unknown) => this.#report("tidying a record", error)),
        ),
      ),
    );
  }

  #sweepLater(): void {
    const { clock } = this.#options;
    this.#cancelSweep = clock.after(SWEEP_MS * (0.75 + Math.random() / 2), async () => {
      await this.#sweep(clock.now() - LEFT_MS);
      if (!this.#closing) this.#sweepLater();
    });
  }

  /** Relays messages that were written at `time` or before and are still in an outbox. */
  async #sweep(time: number): Promise<void> {
    try {
      for (const { records, outboxes } of this.#collections) {
        await each(await records.pending(time, SWEEP_LIMIT), (left) => outboxes.relayLeft(left));
      }
    } catch (error) {
      this.#report("sweeping the outboxes", error);
    }
  }

  #report(where: string, error: unknown): void {
    if (!isError(error, "unavailable")) this.#options.events?.emit("fault", { where, error });
  }
}

/** Runs `action` for each item, up to `AT_ONCE` at a time. */
async function each<I>(items: readonly I[], action: (item: I) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
