/** The statuses of a booking, in order. The last two are final. */
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

/** Returns true for a final status, which no status may follow. */
export function isFinal(status: Status): boolean {
  return status === "completed" || status === "cancelled";
}

/**
 * Returns true if `next` may follow `current`: only forward. Steps may be skipped; `cancelled` follows any status but
 * a final one.
 */
export function mayFollow(current: Status, next: Status): boolean {
  return !isFinal(current) && isBefore(current, next);
}

export function isBefore(one: Status, other: Status): boolean {
  return STATUSES.indexOf(one) < STATUSES.indexOf(other);
}
