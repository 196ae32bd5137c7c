import type { CoalescingOptions, Frame } from "./frame.ts";

/** A timer is no use for less: it takes a millisecond. */
const SHORTEST_WAIT_MS = 0.5;

const NOTHING = Buffer.alloc(0);

/** A socket with a queue. */
interface Flushed {
  /** Writes what is queued: how many frames it wrote. */
  flush(): number;
}

/** Sockets with something to write, written together: one system call per socket and tick instead of one per message. */
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

  /** Timers cut off what is not a whole millisecond of the clock, and may come almost as much too early. */
  readonly #flushWhenDue = (): void => {
    const rest = this.#restMs();
    if (rest < SHORTEST_WAIT_MS) this.#flushAll();
    else setTimeout(this.#flushWhenDue, rest);
  };

  /** How long the next writes wait for more: as long as the last ones took, at most the window, from when they were done. */
  #restMs(): number {
    if (this.#windowMs === 0) return 0;
    return Math.min(this.#windowMs, this.#tookMs) - (performance.now() - this.#lastFlush);
  }

  /** Members of a room have the same frames queued: their bytes are joined once and shared. */
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
