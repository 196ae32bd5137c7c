interface Caller<A, R> {
  readonly request: A;
  readonly resolve: (answer: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Returns a function that serves requests of the same key in batches. Requests that arrive while a batch is under way go into
 * the next one, so a busy key costs one round trip per batch. Batches of a key are served one after another, in the order of
 * the requests, with up to `limit` requests each. `serve` resolves to the answers in that order. If it rejects, every request
 * of its batch rejects.
 */
export function inBatches<A, R>(
  serve: (key: string, requests: readonly A[]) => Promise<readonly R[]>,
  limit = Number.POSITIVE_INFINITY,
): (key: string, request: A) => Promise<R> {
  const queues = new Map<string, Caller<A, R>[]>();

  return (key, request) =>
    new Promise((resolve, reject) => {
      const caller = { request, resolve, reject };
      const queue = queues.get(key);
      if (queue) queue.push(caller);
      else void run(key, [caller]);
    });

  async function run(key: string, queue: Caller<A, R>[]): Promise<void> {
    queues.set(key, queue);
    await null; // Requests of the same tick go into one batch.
    while (queue.length > 0) {
      const batch = queue.splice(0, limit);
      try {
        const answers = await serve(
          key,
          batch.map(({ request }) => request),
        );
        for (const [at, { resolve }] of batch.entries()) resolve(answers[at] as R);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queues.delete(key);
  }
}
