import { hash } from "node:crypto";
import type { Command } from "../hub/commands.ts";

/** The stored notes of a command, which an earlier run may have begun. */
export interface CommandNotes {
  /** The unique name of the command. */
  readonly name: string;
  /** The numbers that it has drawn, in order. */
  readonly numbers: readonly number[];
  /**
   * Stores the `ordinal`-th number, from 0. Resolves to the stored one: that of a run which was faster, if there is
   * one.
   */
  readonly note: (ordinal: number, number: number) => Promise<number>;
}

/** A command that returns the same ids and names in each run: UUIDs and steps from its name, numbers from its notes. */
export class RecordedCommand implements Command {
  readonly #notes: CommandNotes;
  #numbers = 0;
  #uuids = 0;
  #steps = 0;
  #lastNumber: Promise<unknown> = Promise.resolve();

  constructor(notes: CommandNotes) {
    this.#notes = notes;
  }

  number(next: () => Promise<number>): Promise<number> {
    const ordinal = this.#numbers++;
    const noted = this.#notes.numbers[ordinal];
    if (noted !== undefined) return Promise.resolve(noted);
    // Numbers are stored in the order of the calls, even when the calls are concurrent.
    const drawn = this.#lastNumber.then(async () => this.#notes.note(ordinal, await next()));
    this.#lastNumber = drawn;
    return drawn;
  }

  uuid(): string {
    return uuidFrom(hash("sha256", `${this.#notes.name}/${this.#uuids++}`, "buffer"));
  }

  step(): string {
    return this.#stepName(this.#steps++);
  }

  /** The names of its writes so far. */
  get steps(): string[] {
    return Array.from({ length: this.#steps }, (_none, ordinal) => this.#stepName(ordinal));
  }

  #stepName(ordinal: number): string {
    return `${this.#notes.name}:${ordinal}`;
  }
}

/** Makes a UUID of version 4 from the first bits of `digest`. */
function uuidFrom(digest: Buffer): string {
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x40, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return digest.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
