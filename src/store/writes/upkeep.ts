import type { z } from "zod";
import { every } from "../../hub/clock.ts";
import { isError } from "../../hub/errors.ts";
import type { Document, Id } from "../collection.ts";
import { type GroupCommit, groupCommit, type Writes } from "./group-commit.ts";
import { Markers } from "./markers.ts";
import { Outboxes, type RelayOptions } from "./outboxes.ts";
import type { Records } from "./record.ts";

/** A document that was not written again for so long, in milliseconds, is written without what may leave its record. */
const TIDY_MS = 500;

/** How often outboxes are looked through, give or take a quarter so that workers do not all look at once; milliseconds. */
const SWEEP_MS = 1_000;

/**
 * A message that is in its outbox for so long was not relayed by the worker that wrote it; milliseconds. Where that is
 * wrong, because clocks differ or the worker is slow, it is relayed twice under one id, which does no harm.
 */
const LEFT_MS = 2_000;

/** How many outboxes of a collection are swept at a time. */
const SWEEP_LIMIT = 1_000;

/** How many records are relayed from, or written, at once. */
const AT_ONCE = 64;

interface Kept {
  readonly records: Pick<Records<unknown>, "pending">;
  readonly outboxes: Outboxes;
  readonly tidy: GroupCommit<Document>["tidy"];
}

/**
 * The writes of a store's collections, and what is done after them: records are rid of what they need no longer, and the
 * messages that a worker has stored and not relayed, because it has died or could not, are relayed.
 */
export class Upkeep {
  readonly #options: RelayOptions;
  readonly #collections: Kept[] = [];
  readonly #markers = new Markers();
  readonly #stopTidying: () => Promise<void>;
  #cancelSweep = (): void => {};
  #closing: Promise<void> | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { clock } = options;
    this.#stopTidying = every(clock, TIDY_MS, () => this.#tidy(clock.now() - TIDY_MS));
    this.#sweepLater();
  }

  /** The writes of a collection, which is kept up from now on. */
  writes<T extends Document>(schema: z.ZodType<T>, records: Records<T>): Writes<T> {
    const outboxes = new Outboxes(this.#options);
    const { clock } = this.#options;
    const { tidy, ...writes } = groupCommit({ schema, records, outboxes, markers: this.#markers, clock });
    this.#collections.push({ records, outboxes, tidy });
    return writes;
  }

  forget(steps: readonly string[]): void {
    this.#markers.forget(steps);
  }

  /** Ends it, with all records tidy as far as that can be had. To be called before the database is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelSweep();
    void this.#stopTidying();
    await this.#tidy(Number.POSITIVE_INFINITY);
  }

  /** Rids records of what may have left them since `time`. */
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

  /** Relays what was written at `time` or before and is still in an outbox. */
  async #sweep(time: number): Promise<void> {
    try {
      for (const { records, outboxes } of this.#collections) {
        await each(await records.pending(time, SWEEP_LIMIT), (left) => outboxes.relayLeft(left));
      }
    } catch (error) {
      this.#report("looking for messages that are left", error);
    }
  }

  #report(where: string, error: unknown): void {
    if (!isError(error, "unavailable")) this.#options.onFault?.(where, error);
  }
}

/** Runs `action` for each item, some at once. */
async function each<I>(items: readonly I[], action: (item: I) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
