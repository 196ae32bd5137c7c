import { hash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import type { Commands } from "../hub/commands.ts";
import { IDEMPOTENCY_MS } from "../hub/commands.ts";
import { HubError, isError } from "../hub/errors.ts";
import type { HubEvents } from "../hub/events.ts";
import { createTurns } from "../hub/in-turn.ts";
import { defineCollection, type Store } from "../store/collection.ts";
import { removeExpired } from "../store/remove-expired.ts";
import { RecordedCommand } from "./recorded-command.ts";

const commandRecord = z.object({
  /** SHA-256 of the scope and the key. */
  id: z.string(),
  /**
   * The prefix of the names of the command's writes. Unlike the id it is unique, even if the client uses the key again.
   */
  name: z.string(),
  fingerprint: z.string(),
  /** The worker that runs it; null after a run without a final answer. */
  worker: z.string().nullable(),
  /** The numbers that it has drawn, in order. */
  numbers: z.array(z.number()),
  /** The answer as JSON text, because it may have keys that a database does not take; null while there is none. */
  answer: z.string().nullable(),
  /** The time after which a retry counts as a new command; epoch milliseconds. */
  expiresAt: z.number(),
});
type CommandRecord = z.output<typeof commandRecord>;

const commandCollection = defineCollection({
  name: "commands",
  schema: commandRecord,
  indexes: { byExpiry: { fields: ["expiresAt"] } },
});

/** The wait for the answer of another worker before it counts as dead; milliseconds. */
const PATIENCE_MS = 5_000;
/** The interval between two reads of the record during that wait; milliseconds. */
const LOOK_MS = 100;
/** The interval at which old records are removed; milliseconds. */
const SWEEP_MS = 60_000;
/** How long an expired record stays, for a run that began just before it expired; milliseconds. */
const GRACE_MS = 60_000;

export interface CommandOptions {
  readonly store: Pick<Store, "collection" | "forget">;
  readonly clock: Clock;
  /** The events by which failures that concern no client are reported. */
  readonly events: HubEvents;
}

export interface CommandRecords extends Commands {
  /** Stops the removal of old records. Resolves when it no longer uses the store. */
  stop(): Promise<void>;
}

/**
 * Makes commands idempotent over all workers: the outcome of each is in a record in the store. The record is inserted
 * before the run, and the answer is added after it. A command whose record has no answer is run again. That is safe,
 * because its numbers, UUIDs and step names are the same, and a write that was made is not made twice.
 */
export async function openCommands({ store, clock, events }: CommandOptions): Promise<CommandRecords> {
  const records = await store.collection(commandCollection);
  const worker = randomUUID();
  const inTurn = createTurns();

  return {
    run(request, action, isFinal = () => true) {
      const id = hash("sha256", JSON.stringify([...request.scope, request.key]));
      return inTurn(id, async () => {
        const fresh: CommandRecord = {
          id,
          name: randomUUID(),
          fingerprint: request.fingerprint,
          worker,
          numbers: [],
          answer: null,
          expiresAt: clock.now() + IDEMPOTENCY_MS,
        };
        const record = await claim(fresh);
        if (record.answer !== null) return { answer: JSON.parse(record.answer), repeated: true };

        const command = new RecordedCommand({ ...record, note: (...number) => note(record, ...number) });
        const answer = await action(command).catch(async (error: unknown) => {
          await settle(record, { worker: null });
          throw error;
        });
        if (!isFinal(answer)) {
          await settle(record, { worker: null });
          return { answer, repeated: false };
        }
        const settled = await settle(record, { answer: JSON.stringify(answer) });
        // If another worker has run the command too, because this one was slow, it may still need the marks.
        if (settled?.worker === worker && record.name === fresh.name) store.forget(command.steps);
        return { answer, repeated: false };
      });
    },

    stop: every(clock, SWEEP_MS, async () => {
      await removeExpired(records, clock.now() - GRACE_MS).catch((error: unknown) => {
        events.emit("fault", { where: "removing old commands", error });
      });
    }),
  };

  /**
   * Resolves to the record of the command: `fresh` for a new one, else the stored record. The stored one has an answer,
   * or is claimed by this worker. Waits for another worker that runs the command.
   */
  async function claim(fresh: CommandRecord): Promise<CommandRecord> {
    if ((await records.ensure(fresh)).inserted) return fresh;
    let runner: string | null = worker;
    let since = clock.now();
    for (;;) {
      const known = await records.get(fresh.id);
      if (!known) return claim(fresh);
      if (!isExpired(known)) {
        if (known.fingerprint !== fresh.fingerprint) throw new HubError("command_differs");
        if (known.answer !== null) return known;
        if (known.worker !== runner) {
          runner = known.worker;
          since = clock.now();
        }
        // A run of this worker's own has ended, though that could not be stored: its runs are one after another.
        const isAbandoned = runner === null || runner === worker || clock.now() - since >= PATIENCE_MS;
        if (!isAbandoned) {
          await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
          continue;
        }
      }
      const mine = await change(known, (record) => {
        if (isExpired(record)) return fresh;
        return record.answer === null && record.worker === known.worker ? { ...record, worker } : record;
      });
      if (mine?.worker === worker) return mine;
    }
  }

  async function note(record: CommandRecord, ordinal: number, number: number): Promise<number> {
    const noted = await change(record, (current) => {
      return ordinal < current.numbers.length ? current : { ...current, numbers: [...current.numbers, number] };
    });
    return noted?.numbers[ordinal] ?? number;
  }

  /**
   * Stores the outcome of a run. A failure is reported and not thrown: the run is over, and its client gets the answer.
   */
  async function settle(
    record: CommandRecord,
    outcome: Partial<Pick<CommandRecord, "answer" | "worker">>,
  ): Promise<CommandRecord | undefined> {
    try {
      return await change(record, (current) => {
        const isOpen = current.answer === null && (outcome.answer !== undefined || current.worker === worker);
        return isOpen ? { ...current, ...outcome } : current;
      });
    } catch (error) {
      events.emit("fault", { where: "storing the outcome of a command", error });
      return undefined;
    }
  }

  /** Changes the record of a command. Resolves to `undefined` if it is gone or now belongs to another command. */
  async function change(
    { id, name }: CommandRecord,
    transition: (record: CommandRecord) => CommandRecord,
  ): Promise<CommandRecord | undefined> {
    try {
      return await records.modify(id, (current) => {
        const next = current.name === name ? transition(current) : current;
        return { next, result: current.name === name ? next : undefined };
      });
    } catch (error) {
      if (isError(error, "not_found")) return undefined;
      throw error;
    }
  }

  function isExpired({ expiresAt }: CommandRecord): boolean {
    return expiresAt <= clock.now();
  }
}
