/** Runs actions that have the same key one after another, in the order they came; others do not wait for them. */
export function createTurns(): <R>(key: string, action: () => Promise<R>) => Promise<R> {
  const last = new Map<string, Promise<unknown>>();

  return async (key, action) => {
    const before = last.get(key);
    const mine = before ? before.then(action, action) : action();
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
