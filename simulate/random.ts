/**
 * Returns a source of numbers from 0 up to, but not including, 1. It is the same for the same seed, for repeatable
 * runs.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Returns a source of factors by which a turn of an event loop takes longer or shorter than usual: caches are cold or
 * warm, garbage is collected, the machine is busy. Without it a simulation falls into step with the clock's
 * milliseconds, as no real loop does.
 */
export function unevenly(random: () => number): () => number {
  return () => 1 + MOST_UNEVEN * (2 * random() - 1);
}

/**
 * The largest deviation. Windows on a quiet machine had from a fifth to three times the usual number of ticks in them.
 */
const MOST_UNEVEN = 0.5;
