import type { Agenda } from "./agenda.ts";
import { Loop } from "./loop.ts";

/** Processor time of a worker's fan-out, in microseconds. */
export interface FanOutCosts {
  /** One system call that writes to one socket. */
  readonly writeUs: number;
  /** One more frame in what is written to one socket. */
  readonly frameUs: number;
  /** One message to a room, however many members it has here: finding them, building its frame. */
  readonly broadcastUs: number;
}

/** The members that a room has on a worker. */
export interface Room {
  readonly members: number;
}

/** Hears of every write: how many frames it has, and when they were published, by the simulation's clock. */
export type OnWrite = (room: Room, member: number, publishedAt: readonly number[], at: number) => void;

export interface WorkerOptions {
  readonly costs: FanOutCosts;
  /** `coalesceMs` of the configuration. */
  readonly windowMs: number;
  readonly onWrite: OnWrite;
}

/**
 * The fan-out of a worker, as `src/transports/coalesced-socket.ts` does it: a broadcast puts its frame into the queue of
 * each member, and at the end of the turn, or of the window, each queue is written with one system call.
 *
 * Members of a room have the same queue, so it is kept once for the room: each connection is in one room here.
 */
export class Worker {
  readonly loop: Loop;
  readonly #options: WorkerOptions;
  #queues = new Map<Room, number[]>();
  #lastFlush = Number.NEGATIVE_INFINITY;
  writes = 0;
  frames = 0;

  constructor(agenda: Agenda, options: WorkerOptions) {
    this.loop = new Loop(agenda);
    this.#options = options;
  }

  /** To be called by tasks of its loop: shows a message that was published at `publishedAt` to a room's members. */
  broadcast(room: Room, publishedAt: number): void {
    const { broadcastUs, frameUs } = this.#options.costs;
    this.loop.spend(broadcastUs + room.members * frameUs);
    if (this.#queues.size === 0) this.#schedule();
    const queue = this.#queues.get(room);
    if (queue) queue.push(publishedAt);
    else this.#queues.set(room, [publishedAt]);
  }

  #schedule(): void {
    const rest = this.#lastFlush + this.#options.windowMs * 1_000 - this.loop.now;
    if (rest > 0) this.loop.after(rest, this.#flush);
    else this.loop.immediately(this.#flush);
  }

  readonly #flush = (): void => {
    const { costs, onWrite } = this.#options;
    const queues = this.#queues;
    this.#queues = new Map();
    for (const [room, publishedAt] of queues) {
      for (let member = 0; member < room.members; member++) {
        this.loop.spend(costs.writeUs);
        onWrite(room, member, publishedAt, this.loop.now);
      }
      this.writes += room.members;
      this.frames += room.members * publishedAt.length;
    }
    this.#lastFlush = this.loop.now;
  };
}
