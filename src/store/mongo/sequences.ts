import { inBatches } from "../in-batches.ts";

/**
 * Returns a function that resolves to the next number of a sequence. Concurrent callers of one sequence share a round trip.
 * `take` advances a sequence by `count` and resolves to its new last number.
 */
export function sequences(
  take: (sequence: string, count: number) => Promise<number>,
): (sequence: string) => Promise<number> {
  const next = inBatches<undefined, number>(async (sequence, callers) => {
    const last = await take(sequence, callers.length);
    return callers.map((_, at) => last - callers.length + 1 + at);
  });
  return (sequence) => next(sequence, undefined);
}
