interface Caller {
  readonly resolve: (number: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Hands out the numbers of sequences. Callers that wait for the same one are served together, so that a busy sequence
 * costs one round trip per batch. `take` counts a sequence on by so many and resolves to the last of them.
 */
export function sequences(
  take: (sequence: string, many: number) => Promise<number>,
): (sequence: string) => Promise<number> {
  const queues = new Map<string, Caller[]>();

  return (sequence) =>
    new Promise((resolve, reject) => {
      const queue = queues.get(sequence);
      if (queue) {
        queue.push({ resolve, reject });
        return;
      }
      const first = [{ resolve, reject }];
      queues.set(sequence, first);
      void serve(sequence, first);
    });

  async function serve(sequence: string, queue: Caller[]): Promise<void> {
    await null; // Those who ask in the same tick go together.
    while (queue.length > 0) {
      const batch = queue.splice(0);
      try {
        const last = await take(sequence, batch.length);
        for (const [at, { resolve }] of batch.entries()) resolve(last - batch.length + 1 + at);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queues.delete(sequence);
  }
}
