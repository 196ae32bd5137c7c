import type { Agenda } from "./agenda.ts";
import { Loop } from "./loop.ts";
import type { OnWrite, Room } from "./worker.ts";

/** Processor time of the benchmark's load generator, in microseconds. */
export interface LoadCosts {
  /** One read from one socket. */
  readonly readUs: number;
  /** The same, by a process that slept. */
  readonly wokenReadUs: number;
  /** One message in what was read. */
  readonly messageUs: number;
}

/**
 * The clients of a benchmark, all in one process. Messages that arrive at a socket before it is read are read together.
 */
export class Crowd {
  readonly loop: Loop;
  readonly #agenda: Agenda;
  readonly #costs: LoadCosts;
  readonly #unread = new Map<Room, Map<number, number[]>>();
  #progress: (() => void) | undefined;
  #progressIsDue = false;
  /** Messages that all clients together have received. */
  total = 0;
  /** Microseconds from publishing to the client, of every message. */
  latencies: number[] = [];

  constructor(agenda: Agenda, costs: LoadCosts, vary?: () => number) {
    this.loop = new Loop(agenda, vary);
    this.#agenda = agenda;
    this.#costs = costs;
  }

  /** Calls `listener` at the end of each turn in which messages were read. */
  onProgress(listener: () => void): void {
    this.#progress = listener;
  }

  /** Receives the writes of a worker. */
  readonly receive: OnWrite = (room, member, publishedAt, at) => {
    this.#agenda.at(at, () => this.#arrive(room, member, publishedAt));
  };

  #arrive(room: Room, member: number, messages: readonly number[]): void {
    const sockets = this.#unread.get(room) ?? new Map<number, number[]>();
    this.#unread.set(room, sockets);
    const waiting = sockets.get(member);
    if (waiting) {
      waiting.push(...messages);
      return;
    }
    const unread = [...messages];
    sockets.set(member, unread);
    const { readUs, wokenReadUs } = this.#costs;
    const ownReadUs = this.loop.isAsleep ? wokenReadUs : readUs;
    this.loop.give(() => {
      sockets.delete(member);
      this.#read(unread, ownReadUs);
    }, this.#agenda.now);
  }

  #read(messages: readonly number[], readUs: number): void {
    this.loop.spend(readUs + messages.length * this.#costs.messageUs);
    this.total += messages.length;
    for (const publishedAt of messages) this.latencies.push(this.loop.now - publishedAt);
    if (!this.#progress || this.#progressIsDue) return;
    this.#progressIsDue = true;
    this.loop.immediately(() => {
      this.#progressIsDue = false;
      this.#progress?.();
    });
  }
}
