/** How the members of rooms are spread over workers: each member is on any of the workers, as the proxy happens to choose. */
export interface Spread {
  /** The share of the workers that have a member of a given room: also, of the rooms that have a member on a given worker. */
  readonly occupied: number;
  /** How many members a room has on a worker that has one; `random` is from 0 up to, but not including, 1. */
  members(random: number): number;
}

/** `members` of a room over `workers`. Both at least 1. */
export function spreadOver(members: number, workers: number): Spread {
  const share = 1 / workers;
  const none = (1 - share) ** members;
  // Every worker has very close to its share.
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
