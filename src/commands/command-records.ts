import { hash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import type { Commands } from "../hub/commands.ts";
import { REPEATABLE_MS } from "../hub/commands.ts";
import { HubError, isError } from "../hub/errors.ts";
import type { HubEvents } from "../hub/events.ts";
import { createTurns } from "../hub/in-turn.ts";
import { defineCollection, type Store } from "../store/collection.ts";
import { removeExpired } from "../store/remove-expired.ts";
import { RecordedCommand } from "./recorded-command.ts";

const commandRecord = z.object({
  /** SHA-256 of the scope and the key. */
  id: z.string(),
  /** Names the command's writes. Unlike the id it is never used again, not even when the key is. */
  name: z.string(),
  fingerprint: z.string(),
  /** Who runs it; null when what came of it was not final. */
  worker: z.string().nullable(),
  /** The numbers that it has drawn, in order. */
  numbers: z.array(z.number()),
  /** As JSON text: an answer may have keys that a database does not take. Null while there is none. */
  answer: z.string().nullable(),
  /** Milliseconds since the epoch. */
  expiresAt: z.number(),
});
type CommandRecord = z.output<typeof commandRecord>;

const commandCollection = defineCollection({
  name: "commands",
  schema: commandRecord,
  indexes: { byExpiry: { fields: ["expiresAt"] } },
});

/** How long another worker is given to answer before it is taken for dead, in milliseconds. */
const PATIENCE_MS = 5_000;
/** How often it is looked whether it has answered. */
const LOOK_MS = 100;
const SWEEP_MS = 60_000;
/** An expired record stays for as long as a command that was begun just before may still be running. */
const GRACE_MS = 60_000;

export interface CommandOptions {
  readonly store: Pick<Store, "collection" | "forget">;
  readonly clock: Clock;
  /** Reports failures that no client waits for. */
  readonly events: HubEvents;
}

export interface CommandRecords extends Commands {
  /** Ends the removal of old records; resolves when it no longer uses the store. */
  stop(): Promise<void>;
}

/**
 * Keeps what came of each command in the store, so that every worker knows it. The record is written before the command
 * is run and answered after; a command that is found without an answer is run again, which is safe: its numbers, UUIDs
 * and the names of its writes are the same, and what is written already is not written twice.
 */
export async function openCommands({ store, clock, events }: CommandOptions): Promise<CommandRecords> {
  const records = await store.collection(commandCollection);
  const worker = randomUUID();
  const inTurn = createTurns();

  return {
    run(asked, action, isFinal = () => true) {
      const id = hash("sha256", JSON.stringify([...asked.scope, asked.key]));
      return inTurn(id, async () => {
        const fresh: CommandRecord = {
          id,
          name: randomUUID(),
          fingerprint: asked.fingerprint,
          worker,
          numbers: [],
          answer: null,
          expiresAt: clock.now() + REPEATABLE_MS,
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
        // Where another worker has run it too, perhaps because this one was slow, it may need the marks yet.
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
   * The record of the command: `fresh` if it is new, else the one that is there, which is either answered or this
   * worker's to run. Waits for another worker that runs it.
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
        // One that this worker seems to run it does not: its turn is over, and it could not say so.
        const isLeft = runner === null || runner === worker || clock.now() - since >= PATIENCE_MS;
        if (!isLeft) {
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

  /** Says what came of a run. The run itself is done: that it cannot be said is no matter of the client's. */
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
      events.emit("fault", { where: "remembering what came of a command", error });
      return undefined;
    }
  }

  /** Changes the record of a command that is not answered; `undefined` where it is no longer that command's. */
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
