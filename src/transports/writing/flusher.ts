import type { CoalescingOptions, Frame } from "./frame.ts";

/** Milliseconds below which no timer is used, since a timer takes at least one millisecond. */
const SHORTEST_WAIT_MS = 0.5;

const NOTHING = Buffer.alloc(0);

/** A socket with a queue. */
interface Flushed {
  /** Writes the queued frames. Returns the number of frames written. */
  flush(): number;
}

/** Writes the queues of sockets together: one system call per socket and tick instead of one per message. */
export class Flusher {
  readonly watch: CoalescingOptions["watch"];
  readonly #windowMs: number;
  #dirty: Flushed[] = [];
  #lastFlush = 0;
  #tookMs = 0;
  #scheduled = false;
  #joinedFrames: readonly Frame[] = [];
  #joined: Buffer = NOTHING;

  constructor({ windowMs, watch }: Pick<CoalescingOptions, "windowMs" | "watch">) {
    this.watch = watch;
    this.#windowMs = windowMs;
  }

  mark(socket: Flushed): void {
    this.#dirty.push(socket);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const rest = this.#restMs();
    if (rest < SHORTEST_WAIT_MS) setImmediate(this.#flushAll);
    else setTimeout(this.#flushWhenDue, rest);
  }

  /** Flushes when the wait is over. Timers round down to whole milliseconds, so one may fire almost 1 ms too early. */
  readonly #flushWhenDue = (): void => {
    const rest = this.#restMs();
    if (rest < SHORTEST_WAIT_MS) this.#flushAll();
    else setTimeout(this.#flushWhenDue, rest);
  };

  /**
   * Returns the milliseconds for which the next writes still wait for more frames. The wait begins at the end of the
   * last writes. It is as long as those took, and at most the window.
   */
  #restMs(): number {
    if (this.#windowMs === 0) return 0;
    return Math.min(this.#windowMs, this.#tookMs) - (performance.now() - this.#lastFlush);
  }

  /**
   * Joins the bytes of frames. Members of a room have the same frames queued, so they share the result of the last
   * join.
   */
  join(frames: readonly Frame[]): Buffer {
    const last = this.#joinedFrames;
    if (frames.length !== last.length || frames.some((frame, i) => frame !== last[i])) {
      this.#joined = Buffer.concat(frames.flat());
      this.#joinedFrames = frames;
    }
    return this.#joined;
  }

  readonly #flushAll = (): void => {
    const began = this.#windowMs > 0 ? performance.now() : 0;
    this.#scheduled = false;
    const sockets = this.#dirty;
    this.#dirty = [];
    let writes = 0;
    let frames = 0;
    for (const socket of sockets) {
      const written = socket.flush();
      if (written > 0) writes++;
      frames += written;
    }
    this.#joinedFrames = [];
    this.#joined = NOTHING;
    if (this.#windowMs > 0) {
      this.#lastFlush = performance.now();
      this.#tookMs = this.#lastFlush - began;
    }
    if (writes > 0) this.watch.written(writes, frames);
  };
}
