import type { Agenda } from "./agenda.ts";

type Task = () => void;

/** Microseconds after which past run time counts half in the kernel's measure of utilization (Linux, PELT). */
const HALF_LIFE_US = 32_000;

/**
 * A process with one thread and Node's event loop. Each turn runs first the tasks that have come in (sockets, timers),
 * then those put off to the end of the turn (`setImmediate`). A task that comes in during a turn runs in the next one.
 * Times are microseconds.
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
  /** Processor time spent so far. */
  busyUs = 0;

  /**
   * `vary` returns the factor by which a turn takes longer than usual. It is called for each turn; absent: always 1.
   */
  constructor(agenda: Agenda, vary: () => number = () => 1) {
    this.#agenda = agenda;
    this.#vary = vary;
  }

  /** The time of this process. Within a turn it is later than the agenda's by the time spent. */
  get now(): number {
    return Math.max(this.#now, this.#agenda.now);
  }

  /** True if no task is left to run. */
  get isAsleep(): boolean {
    return !this.#isAwake;
  }

  /** The share of its core that it has used recently. */
  get utilization(): number {
    return this.#utilization * remainder(this.now - this.#utilizationAt);
  }

  /** Spends processor time. Called by tasks. */
  spend(usualUs: number): void {
    const us = usualUs * this.#slowness;
    this.#utilization = 1 - (1 - this.utilization) * remainder(us);
    this.#now = this.now + us;
    this.#utilizationAt = this.#now;
    this.busyUs += us;
  }

  /** Leaves the core to another process for `us` microseconds. Called by tasks. */
  yield(us: number): void {
    this.#now += us;
  }

  /** Adds a task that comes in at `at`. */
  give(task: Task, at: number): void {
    this.#agenda.at(at, () => {
      this.#inbox.push(task);
      if (this.#isAwake) return;
      this.#isAwake = true;
      this.#agenda.at(this.#agenda.now, this.#turn);
    });
  }

  /** Runs `task` at the end of the turn; at the end already, at that of the next one. Called by tasks. */
  immediately(task: Task): void {
    this.#immediates.push(task);
  }

  /**
   * Runs `task` after `us`. Timers count whole milliseconds, at least one, by the changes of the clock's millisecond.
   */
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
