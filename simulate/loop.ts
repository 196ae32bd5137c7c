import type { Agenda } from "./agenda.ts";

type Task = () => void;

/**
 * A process with one thread and Node's event loop: in each turn first what has come in (sockets, timers), then what was
 * put off to the end of the turn (`setImmediate`). What comes in while a turn lasts is for the next one. Times are
 * microseconds.
 */
export class Loop {
  readonly #agenda: Agenda;
  #inbox: Task[] = [];
  #immediates: Task[] = [];
  #isAwake = false;
  #now = 0;
  /** Processor time that was spent so far. */
  busyUs = 0;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  /** How far this process has come; within a turn, later than the agenda by what was spent. */
  get now(): number {
    return Math.max(this.#now, this.#agenda.now);
  }

  /** To be called by tasks: what they do takes so long. */
  spend(us: number): void {
    this.#now += us;
    this.busyUs += us;
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
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const task of inbox) task();
    const immediates = this.#immediates;
    this.#immediates = [];
    for (const task of immediates) task();
    this.#agenda.at(this.#now, this.#turn);
  };
}
