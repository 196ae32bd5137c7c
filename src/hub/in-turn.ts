/**
 * Makes the function that runs actions of the same key one after another, in the order of the calls. Other keys do not
 * wait.
 */
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
