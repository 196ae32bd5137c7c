import type { Agenda } from "./agenda.ts";

type Task = () => void;

/** The kernel knows how busy a process is of late: time counts half when it is so long ago (Linux, PELT); microseconds. */
const HALF_LIFE_US = 32_000;

/**
 * A process with one thread and Node's event loop: in each turn first what has come in (sockets, timers), then what was
 * put off to the end of the turn (`setImmediate`). What comes in while a turn lasts is for the next one. Times are
 * microseconds.
 */
export class Loop {
  readonly #agenda: Agenda;
  readonly #vary: () => number;
  #inbox: Task[] = [];
  #immediates: Task[] = [];
  #isAwake = false;
  #now = 0;
  #slowness = 1;
  #utilization = 0;
  #utilizationAt = 0;
  /** Processor time that was spent so far. */
  busyUs = 0;

  /** `vary`: how many times as long as usual a turn takes, asked for each turn; absent: none is unlike another. */
  constructor(agenda: Agenda, vary: () => number = () => 1) {
    this.#agenda = agenda;
    this.#vary = vary;
  }

  /** How far this process has come; within a turn, later than the agenda by what was spent. */
  get now(): number {
    return Math.max(this.#now, this.#agenda.now);
  }

  /** Nothing has come in that it has not dealt with. */
  get isAsleep(): boolean {
    return !this.#isAwake;
  }

  /** The share of its core that it has used of late. */
  get utilization(): number {
    return this.#utilization * remainder(this.now - this.#utilizationAt);
  }

  /** To be called by tasks: what they do takes so long. */
  spend(usualUs: number): void {
    const us = usualUs * this.#slowness;
    this.#utilization = 1 - (1 - this.utilization) * remainder(us);
    this.#now = this.now + us;
    this.#utilizationAt = this.#now;
    this.busyUs += us;
  }

  /** To be called by tasks: somebody else has its core for so long. */
  yield(us: number): void {
    this.#now += us;
  }

  /** Something comes in at `at`. */
  give(task: Task, at: number): void {
    this.#agenda.at(at, () => {
      this.#inbox.push(task);
      if (this.#isAwake) return;
      this.#isAwake = true;
      this.#agenda.at(this.#agenda.now, this.#turn);
    });
  }

  /** To be called by tasks: `task` comes at the end of the turn, or, when it is the end already, of the next one. */
  immediately(task: Task): void {
    this.#immediates.push(task);
  }

  /** Timers count whole milliseconds, at least one; they are due when the clock's millisecond has changed so often. */
  after(us: number, task: Task): void {
    const ms = Math.max(1, Math.trunc(us / 1_000));
    this.give(task, (Math.floor(this.now / 1_000) + ms) * 1_000);
  }

  readonly #turn = (): void => {
    this.#isAwake = this.#inbox.length + this.#immediates.length > 0;
    if (!this.#isAwake) return;
    this.#now = this.#agenda.now;
    this.#slowness = this.#vary();
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const task of inbox) task();
    const immediates = this.#immediates;
    this.#immediates = [];
    for (const task of immediates) task();
    this.#agenda.at(this.#now, this.#turn);
  };
}

function remainder(us: number): number {
  return 2 ** (-us / HALF_LIFE_US);
}
