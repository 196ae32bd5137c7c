import type { Agenda } from "./agenda.ts";
import { Loop } from "./loop.ts";

/** Processor time of a worker's fan-out, in microseconds. */
export interface FanOutCosts {
  /** One system call that writes to one socket. */
  readonly writeUs: number;
  /** What it costs more when its receiver sleeps, and has to be woken. */
  readonly wakeUs: number;
  /** One frame into the queue of one socket. */
  readonly frameUs: number;
  /** What the first one since the last write costs more: the processor's caches have forgotten the socket. */
  readonly firstUs: number;
  /** One frame in what is written to one socket. */
  readonly copyUs: number;
  /** One message to a room, however many members it has here: finding them, building its frame. */
  readonly broadcastUs: number;
}

/** The members that a room has on a worker. */
export interface Room {
  readonly members: number;
}

/** Hears of every write: how many frames it has, and when they were published, by the simulation's clock. */
export type OnWrite = (room: Room, member: number, publishedAt: readonly number[], at: number) => void;

/**
 * From this idle share of its core on, a worker has to wake each receiver it writes to; below it, in proportion fewer: one
 * room of 500, measured write by write, had a fifth of them sleeping at 4 % and half of them at 12 %.
 */
const ALL_SLEEP = 0.2;

/** A receiver that is woken runs on the worker's core, before it goes on, as long as the worker uses less than this of it. */
const BUSY = 0.5;

/** A worker waits for no less; `src/transports/writing/flusher.ts`. */
const SHORTEST_WAIT_US = 500;

export interface WorkerOptions {
  readonly costs: FanOutCosts;
  /** For how long a receiver that is woken has the worker's core; absent: it is on another machine. */
  readonly wokenUs?: number;
  /** `coalesceMs` of the configuration. */
  readonly windowMs: number;
  readonly onWrite: OnWrite;
  /** As its loop has it. */
  readonly vary?: () => number;
}

/**
 * The fan-out of a worker, as `src/transports/writing/flusher.ts` does it: a broadcast puts its frame into the queue of
 * each member, and at the end of the turn, or of the window, each queue is written with one system call.
 *
 * Members of a room have the same queue, so it is kept once for the room: each connection is in one room here.
 */
export class Worker {
  readonly loop: Loop;
  readonly #options: WorkerOptions;
  #queues = new Map<Room, number[]>();
  #lastFlush = Number.NEGATIVE_INFINITY;
  #tookUs = 0;
  writes = 0;
  frames = 0;

  constructor(agenda: Agenda, options: WorkerOptions) {
    this.loop = new Loop(agenda, options.vary);
    this.#options = options;
  }

  /** To be called by tasks of its loop: shows a message that was published at `publishedAt` to a room's members. */
  broadcast(room: Room, publishedAt: number): void {
    const { broadcastUs, frameUs, firstUs } = this.#options.costs;
    if (this.#queues.size === 0) this.#schedule();
    const queue = this.#queues.get(room);
    if (queue) queue.push(publishedAt);
    else this.#queues.set(room, [publishedAt]);
    this.loop.spend(broadcastUs + room.members * (frameUs + (queue ? 0 : firstUs)));
  }

  #schedule(): void {
    const rest = this.#restUs();
    if (rest < SHORTEST_WAIT_US) this.loop.immediately(this.#flush);
    else this.loop.after(rest, this.#flushWhenDue);
  }

  readonly #flushWhenDue = (): void => {
    const rest = this.#restUs();
    if (rest < SHORTEST_WAIT_US) this.#flush();
    else this.loop.after(rest, this.#flushWhenDue);
  };

  /** Writes wait for as long as the last ones took, at most the window, from when they were done. */
  #restUs(): number {
    return Math.min(this.#options.windowMs * 1_000, this.#tookUs) - (this.loop.now - this.#lastFlush);
  }

  readonly #flush = (): void => {
    const { costs, wokenUs = 0, onWrite } = this.#options;
    const began = this.loop.now;
    const { utilization } = this.loop;
    const perWrite = costs.writeUs + Math.min(1, (1 - utilization) / ALL_SLEEP) * costs.wakeUs;
    const queues = this.#queues;
    this.#queues = new Map();
    for (const [room, publishedAt] of queues) {
      for (let member = 0; member < room.members; member++) {
        this.loop.spend(perWrite + publishedAt.length * costs.copyUs);
        onWrite(room, member, publishedAt, this.loop.now);
        if (utilization < BUSY) this.loop.yield(wokenUs);
      }
      this.writes += room.members;
      this.frames += room.members * publishedAt.length;
    }
    this.#lastFlush = this.loop.now;
    this.#tookUs = this.#lastFlush - began;
  };
}
