interface Caller<A, R> {
  readonly asked: A;
  readonly resolve: (answer: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Serves those who ask something of the same key together: who comes while a batch is under way goes into the next one, so
 * that a busy key costs one round trip per batch. Batches of a key are served one after another, in the order in which
 * was asked, at most `limit` at once. `serve` resolves to the answers in that order; if it rejects, so does its whole batch.
 */
export function inBatches<A, R>(
  serve: (key: string, asked: readonly A[]) => Promise<readonly R[]>,
  limit = Number.POSITIVE_INFINITY,
): (key: string, asked: A) => Promise<R> {
  const queues = new Map<string, Caller<A, R>[]>();

  return (key, asked) =>
    new Promise((resolve, reject) => {
      const caller = { asked, resolve, reject };
      const queue = queues.get(key);
      if (queue) queue.push(caller);
      else void run(key, [caller]);
    });

  async function run(key: string, queue: Caller<A, R>[]): Promise<void> {
    queues.set(key, queue);
    await null; // Those who ask in the same tick go together.
    while (queue.length > 0) {
      const batch = queue.splice(0, limit);
      try {
        const answers = await serve(
          key,
          batch.map(({ asked }) => asked),
        );
        for (const [at, { resolve }] of batch.entries()) resolve(answers[at] as R);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queues.delete(key);
  }
}
