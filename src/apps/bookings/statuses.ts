/** What a booking goes through, in order; the last two end it. */
export const STATUSES = [
  "pending",
  "confirmed",
  "assigned",
  "en_route",
  "arrived",
  "in_progress",
  "completed",
  "cancelled",
] as const;
export type Status = (typeof STATUSES)[number];

/** Nothing follows a final status. */
export function isFinal(status: Status): boolean {
  return status === "completed" || status === "cancelled";
}

/** Whether `next` may follow `current`: only forward, steps may be skipped, and cancelled follows all but the final ones. */
export function mayFollow(current: Status, next: Status): boolean {
  return !isFinal(current) && isBefore(current, next);
}

export function isBefore(one: Status, other: Status): boolean {
  return STATUSES.indexOf(one) < STATUSES.indexOf(other);
}
