import { mkdir, realpath } from "node:fs/promises";
import { type Database, open, type RootDatabase } from "lmdb";
import { HubError } from "../../hub/errors.ts";
import type { Message } from "../../hub/message.ts";
import { gate } from "../gate.ts";

/** Folders that are open in this process. LMDB's locks do not hold between two openings in one process. */
const openFolders = new Set<string>();

/**
 * The LMDB database of a folder, with its tables. Keys are bytes, made in `keys.ts` or, for the log, in `log.ts`. Values are
 * JSON.
 */
export class EmbeddedDatabase {
  readonly documents: Database<unknown, Buffer>;
  /** Index entries. The key holds everything. */
  readonly entries: Database<true, Buffer>;
  /** The declaration of each index at the time that its entries were written. */
  readonly declarations: Database<string, Buffer>;
  readonly sequences: Database<number, Buffer>;
  /** Documents with a non-empty outbox. Key: the collection, the time of the oldest message, the id. */
  readonly pending: Database<true, Buffer>;
  /** The log of each room. */
  readonly logEntries: Database<LoggedMessage, Buffer>;
  /** The offsets of messages. Key: the room's digest, the id's digest. */
  readonly logIds: Database<number, Buffer>;
  /** The times of writes to rooms. */
  readonly logTimes: Database<RoomWrite, Buffer>;
  readonly #folder: string;
  readonly #root: RootDatabase;
  readonly #gate = gate();
  #closed: Promise<void> | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#root = open({
      path: folder,
      // Without it LMDB takes a folder with a dot in its name for a file.
      noSubdir: false,
      maxDbs: 8,
      // Each commit is synced to disk before it is acknowledged.
      overlappingSync: false,
      // Transactions share a commit also without it. With it, a failed commit rejects a promise that nothing handles.
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

  /**
   * Opens the folder and creates it if it is missing. Any number of processes may have it open, each once.
   * Rejects with an `Error` when this process has it open already.
   */
  static async open(folder: string): Promise<EmbeddedDatabase> {
    await mkdir(folder, { recursive: true });
    const path = await realpath(folder);
    if (openFolders.has(path)) throw new Error(`${folder} is already open in this process: close that store first`);
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
    // Otherwise LMDB's snapshot lives until the next turn of the event loop and misses later writes of other workers.
    this.documents.resetReadTxn();
    return action();
  }

  /**
   * Runs `action` alone among all processes. Resolves when its writes are committed.
   * Concurrent actions share a commit. Each is a nested transaction of its own, so the writes of one that throws are undone.
   * Rejects with `HubError("unavailable")` when LMDB fails, or with the error of `action`.
   */
  async transaction<R>(action: () => R): Promise<R> {
    try {
      return await this.#gate.run(() => this.documents.childTransaction(action));
    } catch (error) {
      throw isDatabaseError(error) ? unavailable(error) : error;
    }
  }

  /** Closes the database after the transactions under way. */
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

/**
 * Returns true for a failure of LMDB itself. It has a numeric `code`, or as `commitError` a promise that rejects with the
 * reason, for example a full disk.
 */
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

/** A message in the log of a room. Key: the room's digest, the offset. */
export interface LoggedMessage {
  readonly id: string;
  /** The time of the append; epoch milliseconds. */
  readonly at: number;
  readonly message: Message;
}

/** The last write to a room within one minute. Key: the namespace, the minute since the epoch, the room's digest. */
export interface RoomWrite {
  /** The room's `roomKey`. */
  readonly room: string;
  /** The offset of the last message of that minute. */
  readonly seq: number;
  /** Its time; epoch milliseconds. */
  readonly at: number;
}
