import type { Agenda } from "./agenda.ts";
import { Loop } from "./loop.ts";

/** Processor time of a worker's fan-out, in microseconds. */
export interface FanOutCosts {
  /** One system call that writes to one socket. */
  readonly writeUs: number;
  /** The extra cost of a write if the receiver sleeps and has to be woken. */
  readonly wakeUs: number;
  /** One frame put into the queue of one socket. */
  readonly frameUs: number;
  /** The extra cost of the first frame since the last write: the socket is no longer in the processor's caches. */
  readonly firstUs: number;
  /** One frame in one write to one socket. */
  readonly copyUs: number;
  /** One message to a room, whatever the number of its members here: finding them, building the frame. */
  readonly broadcastUs: number;
}

/** The members that a room has on a worker. */
export interface Room {
  readonly members: number;
}

/** Called for every write, with the times at which its frames were published, by the simulation's clock. */
export type OnWrite = (room: Room, member: number, publishedAt: readonly number[], at: number) => void;

/**
 * The idle share of its core from which a worker has to wake each receiver that it writes to. Below it, in proportion
 * fewer: one room of 500, measured write by write, had a fifth of them sleeping at 4 % and half of them at 12 %.
 */
const ALL_SLEEP = 0.2;

/**
 * The utilization of its core below which a receiver that is woken runs on the worker's core, before the worker goes
 * on.
 */
const BUSY = 0.5;

/** The shortest wait of a worker, as in `src/transports/writing/flusher.ts`; microseconds. */
const SHORTEST_WAIT_US = 500;

export interface WorkerOptions {
  readonly costs: FanOutCosts;
  /** Microseconds for which a receiver that is woken uses the worker's core; absent: it is on another machine. */
  readonly wokenUs?: number;
  /** `coalesceMs` of the configuration. */
  readonly windowMs: number;
  readonly onWrite: OnWrite;
  /** The `vary` of its loop. */
  readonly vary?: () => number;
}

/**
 * The fan-out of a worker, as in `src/transports/writing/flusher.ts`. A broadcast puts its frame into the queue of each
 * member. At the end of the turn, or of the window, each queue is written with one system call.
 *
 * Each connection is in one room here, so the members of a room have equal queues, and one queue stands for all.
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

  /** Delivers a message that was published at `publishedAt` to a room's members. Called by tasks of its loop. */
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

  /**
   * Returns the rest of the wait, which begins at the end of the last writes: as long as those took, at most the
   * window.
   */
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
