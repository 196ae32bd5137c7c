import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "../../../src/hub/message.ts";
import type { Store } from "../../../src/store/collection.ts";
import type { Retention, RoomLog, RoomName } from "../../../src/store/log.ts";
import { openStore } from "../../../src/store/open.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { startMongo } from "../../support/mongo.ts";
import type { Bench, Location } from "./bench.ts";

export const NAMESPACE = "/things";

export const FOREVER: Retention = { messages: Number.MAX_SAFE_INTEGER, ms: Number.MAX_SAFE_INTEGER };

export function named(room: string): RoomName {
  return { namespace: NAMESPACE, room };
}

/** The numbers from `first` to `last`. */
export function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** A message as it is appended. */
export function entry(id: string, ...rooms: string[]): { id: string; message: Message } {
  return {
    id,
    message: { namespace: NAMESPACE, rooms, type: "said", payload: { id }, delivery: "log", key: undefined },
  };
}

/** Every method of a log, called at once. */
export function everything(log: RoomLog): Promise<unknown>[] {
  const room = named("everything");
  return [
    log.append([entry("any", room.room)]),
    log.read(room, 0, 1),
    log.newest([room]),
    log.positions("any", [room]),
    log.writtenSince(0),
    log.trim(() => FOREVER),
  ];
}

/** The log of a store with a database of its own, from mocha's `before` to its `after`. */
export class LogBench {
  readonly clock = new ManualClock();
  location: Location = { dataDir: "" };
  #store: Store | undefined;
  #drop = async (): Promise<void> => {};
  #rooms = 0;

  constructor(bench: Bench) {
    before(async () => {
      await (bench.location.mongodbUrl ? this.#onMongo() : this.#embedded());
      this.#store = await openStore({ ...this.location, clock: this.clock, relay: async () => ({}) });
    });
    after(async () => {
      await this.close();
      await this.#drop();
    });
  }

  get log(): RoomLog {
    return this.#store!.log;
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  /** A room that nobody has written to. */
  aRoom(): string {
    return `room ${++this.#rooms}`;
  }

  /** Appends messages whose ids are the numbers from `first` to `last`. */
  async fill(room: string, last: number, first = 1): Promise<void> {
    await this.log.append(upTo(last, first).map((at) => entry(`${at}`, room)));
  }

  /** Appends messages and gives their places, in the order of their rooms. */
  async places(...messages: { id: string; message: Message }[]): Promise<number[][]> {
    return (await this.log.append(messages)).map((positions) => positions.map(({ offset: seq }) => seq));
  }

  /** The ids of a room's messages, in order. */
  async ids(room: string): Promise<string[]> {
    return (await this.log.read(named(room), 0, 100_000)).map(({ id }) => id);
  }

  /** The places of a room that have messages, in order. */
  async seqs(room: string): Promise<number[]> {
    return (await this.log.read(named(room), 0, 100_000)).map(({ offset: seq }) => seq);
  }

  async #onMongo(): Promise<void> {
    const mongo = await startMongo();
    if ("skipped" in mongo) throw new Error(mongo.skipped);
    this.location = { mongodbUrl: mongo.url, dataDir: "" };
    this.#drop = mongo.stop;
  }

  async #embedded(): Promise<void> {
    const dataDir = await mkdtemp(join(tmpdir(), "junction-log-"));
    this.location = { dataDir };
    this.#drop = () => rm(dataDir, { recursive: true });
  }
}
