/** The distribution of the members of rooms over workers. The proxy puts each member on any worker, at random. */
export interface Spread {
  /**
   * The share of workers with a member of a given room. It is also the share of rooms with a member on a given worker.
   */
  readonly occupied: number;
  /**
   * Returns the members of a room on a worker that has at least one; `random` is from 0 up to, but not including, 1.
   */
  members(random: number): number;
}

/** Spreads `members` of a room over `workers`. Both are at least 1. */
export function spreadOver(members: number, workers: number): Spread {
  const share = 1 / workers;
  const none = (1 - share) ** members;
  // Every worker has close to its share.
  if (none < 1e-12) return { occupied: 1, members: () => Math.max(1, Math.round(members * share)) };
  return {
    occupied: 1 - none,
    members(random) {
      const wanted = none + random * (1 - none);
      let probability = none;
      let sum = none;
      let count = 0;
      while (sum <= wanted && count < members) {
        probability *= (((members - count) / (count + 1)) * share) / (1 - share);
        sum += probability;
        count += 1;
      }
      return Math.max(1, count);
    },
  };
}
