import { setTimeout as sleep } from "node:timers/promises";
import type { Exit } from "./program.ts";

/** A program under supervision. */
export interface Running {
  readonly exited: Promise<Exit>;
}

export interface SupervisorOptions<T extends Running> {
  /** Resolves when the program serves. Rejects, with its output, when it ended before that. */
  readonly start: () => Promise<T>;
  /** Called when the program ended by itself. It is started again after `delayMs` milliseconds. */
  readonly onEnd: (exit: Exit, delayMs: number) => void;
  /** Called when the program serves again after it had ended. */
  readonly onBack: () => void;
  /** Called when the program ended at start `TRIES` times in a row. It is not started again. */
  readonly onGaveUp: (error: Error) => void;
}

/** Starts in a row that may fail before the supervisor gives up. */
const TRIES = 3;

/** Milliseconds before the first restart. Each further delay is twice as long, up to `LONGEST_DELAY_MS`. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/** Milliseconds of running after which the delay is the first one again. */
const STEADY_MS = 30_000;

/** Starts a program again, with back-off, whenever it ends. Gives up when it ends at start `TRIES` times in a row. */
export class Supervisor<T extends Running> {
  readonly #options: SupervisorOptions<T>;
  #current: T | undefined;
  #failures = 0;
  #isStopping = false;

  constructor(options: SupervisorOptions<T>) {
    this.#options = options;
  }

  /** The program that runs, or the one that ended last. */
  get current(): T | undefined {
    return this.#current;
  }

  /** Starts the program. Resolves when it serves; rejects when it ended at start `TRIES` times. */
  async begin(): Promise<void> {
    this.#watch(await this.#startPersistently());
  }

  /** Starts a replacement for the current program. Resolves to the former one, which is no longer supervised. */
  async replace(): Promise<T | undefined> {
    const next = await this.#options.start();
    const former = this.#current;
    this.#watch(next);
    return former;
  }

  /** Ends the supervision: a program that ends is not started again. */
  stop(): void {
    this.#isStopping = true;
  }

  #watch(running: T): void {
    const startedAt = Date.now();
    this.#current = running;
    void running.exited.then(async (exit) => {
      if (this.#isStopping || this.#current !== running) return;
      if (Date.now() - startedAt >= STEADY_MS) this.#failures = 0;
      const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures++, LONGEST_DELAY_MS);
      this.#options.onEnd(exit, delay);
      await sleep(delay);
      try {
        // It may have been replaced while it was down.
        if (this.#isStopping || this.#current !== running) return;
        this.#watch(await this.#startPersistently());
        this.#options.onBack();
      } catch (error) {
        if (!this.#isStopping) this.#options.onGaveUp(error as Error);
      }
    });
  }

  async #startPersistently(): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#options.start();
      } catch (error) {
        if (attempt === TRIES || this.#isStopping) throw error;
        await sleep(FIRST_DELAY_MS * 2 ** (attempt - 1));
      }
    }
  }
}
