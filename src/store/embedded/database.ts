import { mkdir, realpath } from "node:fs/promises";
import { type Database, open, type RootDatabase } from "lmdb";
import { HubError } from "../../hub/errors.ts";
import type { Message } from "../../hub/message.ts";
import { gate } from "../gate.ts";

/** Folders that are open in this process: LMDB's locks do not hold between two openings in one process. */
const openFolders = new Set<string>();

/** The LMDB database of a folder, with its tables. Keys are bytes, made by `index-keys.ts` or, of the log, `embedded-log.ts`; values are JSON. */
export class EmbeddedDatabase {
  readonly documents: Database<unknown, Buffer>;
  /** Index entries: all they say is in their keys. */
  readonly entries: Database<true, Buffer>;
  /** What each index was declared as when its entries were made. */
  readonly declarations: Database<string, Buffer>;
  readonly sequences: Database<number, Buffer>;
  /** The documents whose outboxes are not empty: collection, when the oldest message was written, id. */
  readonly pending: Database<true, Buffer>;
  /** The log of each room. */
  readonly logEntries: Database<PlacedMessage, Buffer>;
  /** The places of messages: the room's digest, the id's digest. */
  readonly logIds: Database<number, Buffer>;
  /** When rooms were written to. */
  readonly logTimes: Database<Written, Buffer>;
  readonly #folder: string;
  readonly #root: RootDatabase;
  readonly #gate = gate();
  #closed: Promise<void> | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#root = open({
      path: folder,
      // Otherwise a folder whose name has a dot in it is taken for a file.
      noSubdir: false,
      maxDbs: 8,
      // A commit is on the disk before it is acknowledged.
      overlappingSync: false,
      // Transactions share a commit without it; with it, a failed commit also rejects a promise that nobody has.
      eventTurnBatching: false,
    });
    const table = { encoding: "json", keyEncoding: "binary" } as const;
    this.documents = this.#root.openDB({ name: "documents", ...table });
    this.entries = this.#root.openDB({ name: "entries", ...table });
    this.declarations = this.#root.openDB({ name: "declarations", ...table });
    this.sequences = this.#root.openDB({ name: "sequences", ...table });
    this.pending = this.#root.openDB({ name: "pending", ...table });
    this.logEntries = this.#root.openDB({ name: "logEntries", ...table });
    this.logIds = this.#root.openDB({ name: "logIds", ...table });
    this.logTimes = this.#root.openDB({ name: "logTimes", ...table });
  }

  /** Opens the folder, which is made when it is not there. Any number of processes may have it open, each once. */
  static async open(folder: string): Promise<EmbeddedDatabase> {
    await mkdir(folder, { recursive: true });
    const path = await realpath(folder);
    if (openFolders.has(path)) throw new Error(`${folder} is already open in this process`);
    openFolders.add(path);
    try {
      return new EmbeddedDatabase(path);
    } catch (error) {
      openFolders.delete(path);
      throw error;
    }
  }

  /** Runs `action` on the newest committed state of all processes. */
  read<R>(action: () => R): R {
    this.#gate.check();
    // LMDB's snapshot otherwise lives until the next turn of the event loop, and another worker may have written since.
    this.documents.resetReadTxn();
    return action();
  }

  /**
   * Runs `action` alone among all processes; resolves when what it wrote is committed. Actions of one moment share a
   * commit, each as a transaction within it, so that what one wrote before it threw is undone.
   */
  async transaction<R>(action: () => R): Promise<R> {
    try {
      return await this.#gate.run(() => this.documents.childTransaction(action));
    } catch (error) {
      throw isDatabaseError(error) ? unavailable(error) : error;
    }
  }

  /** Waits for the transactions under way. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#gate.close();
    await this.#root.close();
    openFolders.delete(this.#folder);
  }
}

/** LMDB's own failures: `code` is its number, or `commitError` a promise that rejects with the reason (a full disk). */
function isDatabaseError(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof HubError) return false;
  if ("commitError" in error && error.commitError instanceof Promise) {
    error.commitError.catch(() => {});
    return true;
  }
  return "code" in error && typeof error.code === "number";
}

function unavailable(cause: Error): HubError {
  return Object.assign(new HubError("unavailable"), { cause });
}

/** A message at its place in a room. Its key: the room's digest, the place. */
export interface PlacedMessage {
  readonly id: string;
  /** When it was appended, in milliseconds since the epoch. */
  readonly at: number;
  readonly message: Message;
}

/** That a room was written to within a minute. Its key: the namespace, the minute since the epoch, the room's digest. */
export interface Written {
  /** As `roomKey` names it. */
  readonly room: string;
  /** The place and time of the last message of that minute. */
  readonly seq: number;
  readonly at: number;
}
