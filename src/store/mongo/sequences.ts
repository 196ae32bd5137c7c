import { inBatches } from "../in-batches.ts";

/**
 * Hands out the numbers of sequences. Callers that wait for the same one are served together. `take` counts a sequence on
 * by so many and resolves to the last of them.
 */
export function sequences(
  take: (sequence: string, many: number) => Promise<number>,
): (sequence: string) => Promise<number> {
  const next = inBatches<undefined, number>(async (sequence, callers) => {
    const last = await take(sequence, callers.length);
    return callers.map((_, at) => last - callers.length + 1 + at);
  });
  return (sequence) => next(sequence, undefined);
}
