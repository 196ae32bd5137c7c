import { hash } from "node:crypto";
import type { Command } from "../hub/commands.ts";

/** What has been written down of a command that may have been begun before. */
export interface CommandNotes {
  /** Names the command; no other has ever had the name. */
  readonly name: string;
  /** The numbers that it has drawn, in order. */
  readonly numbers: readonly number[];
  /** Writes down the `ordinal`-th number, from 0; resolves to the one that stands there, which was perhaps quicker. */
  readonly note: (ordinal: number, number: number) => Promise<number>;
}

/** A command that gives the same each time it comes: from its name, and where that cannot be, from what was noted. */
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
    // They are noted in the order they were asked for, even where they were asked for at once.
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

  /** The names that were given to its writes so far. */
  get steps(): string[] {
    return Array.from({ length: this.#steps }, (_none, ordinal) => this.#stepName(ordinal));
  }

  #stepName(ordinal: number): string {
    return `${this.#notes.name}:${ordinal}`;
  }
}

/** A UUID of version 4 whose random bits are the first of `digest`. */
function uuidFrom(digest: Buffer): string {
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x40, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return digest.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
