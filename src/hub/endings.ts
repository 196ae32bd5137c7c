interface Part {
  readonly name: string;
  readonly end: () => unknown;
}

/**
 * A list of the parts that were started. They are ended in reverse order when a later one fails to start, or at the
 * end.
 */
export class Endings {
  readonly #parts: Part[] = [];
  #running: Promise<void> | undefined;

  /** Adds a part that was started, with the function that ends it. */
  add(name: string, end: () => unknown): void {
    this.#parts.push({ name, end });
  }

  /**
   * Ends all parts one after another, the last added first. When a part fails to end, the others are ended all the
   * same. The run then rejects with its error, or with an `AggregateError` if several fail. Parts that are added during
   * a run are ended by it. A call during a run returns that run.
   */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const failed: string[] = [];
    const errors: unknown[] = [];
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      try {
        await part.end();
      } catch (error) {
        failed.push(part.name);
        errors.push(error);
      }
    }
    if (errors.length > 1) throw new AggregateError(errors, `could not end ${failed.join(", ")}`);
    if (errors.length === 1) throw errors[0];
  }
}
