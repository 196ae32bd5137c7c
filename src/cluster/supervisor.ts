import { setTimeout as sleep } from "node:timers/promises";
import type { Exit } from "./program.ts";

/** Something that runs until it ends. */
export interface Running {
  readonly exited: Promise<Exit>;
}

export interface SupervisorOptions<T extends Running> {
  /** Resolves when it serves; rejects, with what it said, when it ended before. */
  readonly start: () => Promise<T>;
  /** It ended although nobody asked it to, and will be started again after `delayMs` milliseconds. */
  readonly onEnd: (exit: Exit, delayMs: number) => void;
  /** It serves again after it had ended. */
  readonly onBack: () => void;
  /** It ended at start over and over, and is not tried again. */
  readonly onGaveUp: (error: Error) => void;
}

/** How often in a row something may end at start. */
const TRIES = 3;

/** The first delay; each further one is twice as long. Milliseconds. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/** What has run for this long begins again with the first delay; milliseconds. */
const STEADY_MS = 30_000;

/** Keeps something running: started again, with back-off, whenever it ends; given up when it ends at start repeatedly. */
export class Supervisor<T extends Running> {
  readonly #options: SupervisorOptions<T>;
  #current: T | undefined;
  #deaths = 0;
  #isStopping = false;

  constructor(options: SupervisorOptions<T>) {
    this.#options = options;
  }

  get current(): T | undefined {
    return this.#current;
  }

  /** Resolves when it serves; rejects when it ended at start `TRIES` times. */
  async begin(): Promise<void> {
    this.#watch(await this.#startPersistently());
  }

  /** Starts another one in the place of the current, which is given back and no longer watched. */
  async replace(): Promise<T | undefined> {
    const next = await this.#options.start();
    const former = this.#current;
    this.#watch(next);
    return former;
  }

  /** From now on what ends stays ended. */
  stop(): void {
    this.#isStopping = true;
  }

  #watch(running: T): void {
    const startedAt = Date.now();
    this.#current = running;
    void running.exited.then(async (exit) => {
      if (this.#isStopping || this.#current !== running) return;
      if (Date.now() - startedAt >= STEADY_MS) this.#deaths = 0;
      const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#deaths++, LONGEST_DELAY_MS);
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
