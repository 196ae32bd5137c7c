type Action = () => void;

/** The clock and the event queue of a simulation. All times are microseconds since its beginning. */
export class Agenda {
  /** A binary heap: each entry is no later than its two children. */
  readonly #heap: { readonly at: number; readonly order: number; readonly action: Action }[] = [];
  #order = 0;
  now = 0;

  /** Schedules `action` at `at`, or now if that is past. Actions for the same time run in the order of the calls. */
  at(at: number, action: Action): void {
    const entry = { at: Math.max(at, this.now), order: this.#order++, action };
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, entry)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  /** Runs all actions that are due up to `end`. */
  runUntil(end: number): void {
    for (let first = this.#heap[0]; first && first.at <= end; first = this.#heap[0]) {
      this.#removeFirst();
      this.now = first.at;
      first.action();
    }
    this.now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      if (right && isBefore(right, left)) child += 1;
      const below = heap[child];
      if (!below || isBefore(last, below)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
  }
}

interface Ordered {
  readonly at: number;
  readonly order: number;
}

function isBefore(one: Ordered, other: Ordered): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
