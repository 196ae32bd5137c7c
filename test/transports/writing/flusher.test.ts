import { expect } from "chai";
import { Flusher } from "../../../src/transports/writing/flusher.ts";
import { UNWATCHED } from "./coalescing-rig.ts";

const WINDOW_MS = 2;
const ROUNDS = 20;

/** A socket whose writes keep the loop for so many milliseconds. */
class Busy {
  readonly began: number[] = [];
  readonly ended: number[] = [];
  readonly #ms: number;
  #flushed!: () => void;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Resolves with the next flush. */
  get flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#flushed = resolve;
    });
  }

  flush(): number {
    this.began.push(performance.now());
    while (performance.now() < (this.began.at(-1) ?? 0) + this.#ms);
    this.ended.push(performance.now());
    this.#flushed();
    return 1;
  }
}

/** Milliseconds from each flush to the next, when there is always something to write. */
async function waits(socket: Busy): Promise<number[]> {
  const flusher = new Flusher({ windowMs: WINDOW_MS, watch: UNWATCHED });
  for (let round = 0; round < ROUNDS; round++) {
    const flushed = socket.flushed;
    flusher.mark(socket);
    await flushed;
  }
  return socket.began.slice(1).map((began, i) => began - (socket.ended[i] ?? 0));
}

describe("the flusher", () => {
  it("waits for the whole window, to half a millisecond, wherever in a millisecond of the clock it begins", async () => {
    // Not a whole number of milliseconds, so that the rounds begin everywhere.
    for (const wait of await waits(new Busy(3.3))) expect(wait).to.be.above(WINDOW_MS - 0.5);
  });

  it("counts every write and frame", async () => {
    const written: [number, number][] = [];
    const watch = { ...UNWATCHED, written: (...counts: [number, number]) => written.push(counts) };
    const flusher = new Flusher({ windowMs: 0, watch });
    const socket = new Busy(0);
    const flushed = socket.flushed;
    flusher.mark(socket);
    flusher.mark({ flush: () => 3 });
    flusher.mark({ flush: () => 0 });
    await flushed;
    expect(written).to.eql([[2, 4]]);
  });
});
