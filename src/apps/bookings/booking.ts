import { HubError, type Identity } from "junction-hub";
import type { Booking } from "./collections.ts";
import type { Location } from "./messages.ts";
import { isBefore, isFinal, mayFollow, type Status } from "./statuses.ts";

/**
 * The pure transitions of a booking, and the rights of each part:
 *
 * | | owner | assigned technician | admin |
 * |---|---|---|---|
 * | read, be in its room | yes | yes | yes |
 * | cancel | yes | no | yes |
 * | move the status forward | no | yes | yes |
 * | report the technician's location | no | yes | yes |
 * | assign and unassign a technician | when creating | no | yes |
 *
 * Each returns the next booking, or the same object when nothing changes, or throws the `HubError` that the client
 * gets.
 */
export type Part = "owner" | "technician" | "admin";

/** Returns the user's part in a booking; `undefined` for a user without one. */
export function partOf({ userId, technicianId }: Booking, identity: Identity): Part | undefined {
  if (identity.role === "admin") return "admin";
  if (identity.userId === userId) return "owner";
  return identity.userId === technicianId ? "technician" : undefined;
}

/** Returns a new booking: `assigned` when its technician is known from the start, else `pending`. */
export function begin(fields: Pick<Booking, "id" | "userId" | "service" | "createdAt" | "technicianId">): Booking {
  const { userId, technicianId } = fields;
  refuseOwner(userId, technicianId);
  return { ...fields, status: technicianId === null ? "pending" : "assigned", lastLocation: null };
}

export interface Patch {
  readonly status?: Status | undefined;
  /** `null` unassigns. */
  readonly technicianId?: string | null | undefined;
}

/**
 * Applies a patch. Both fields are checked against the booking as it was. When both change the status, the later one
 * wins, so that a booking that gets a technician is at least `assigned`. Unassigning keeps the status, which never
 * moves backwards.
 */
export function change(booking: Booking, part: Part, { status, technicianId }: Patch): Booking {
  const assigned = technicianId === undefined ? booking : assign(booking, part, technicianId);
  if (status === undefined) return assigned;
  refuseMove(booking.status, part, status);
  const next = { ...assigned, status: isBefore(status, assigned.status) ? assigned.status : status };
  // For privacy, a technician's location is dropped once the work is over.
  return isFinal(next.status) ? { ...next, lastLocation: null } : next;
}

/** Records the technician's location. `timestamp` is the time of the location. */
export function report(booking: Booking, part: Part, location: Location, timestamp: string): Booking {
  if (part === "owner") throw new HubError("forbidden", "Only the assigned technician may report a location");
  if (isFinal(booking.status)) throw ended(booking.status);
  if (booking.technicianId === null) throw new HubError("conflict", "The booking has no technician");
  return { ...booking, lastLocation: { location, timestamp } };
}

function assign(booking: Booking, part: Part, technicianId: string | null): Booking {
  if (part !== "admin") throw new HubError("forbidden", "Only an admin may assign a technician");
  if (technicianId === booking.technicianId) return booking;
  if (isFinal(booking.status)) throw ended(booking.status);
  refuseOwner(booking.userId, technicianId);
  const status = technicianId !== null && isBefore(booking.status, "assigned") ? "assigned" : booking.status;
  return { ...booking, technicianId, status, lastLocation: null };
}

function refuseMove(current: Status, part: Part, next: Status): void {
  if (part === "owner" && next !== "cancelled") throw new HubError("forbidden", "The owner may only cancel a booking");
  if (part === "technician" && next === "cancelled")
    throw new HubError("forbidden", "Only the owner or an admin may cancel a booking");
  if (isFinal(current)) throw ended(current);
  if (!mayFollow(current, next)) throw new HubError("conflict", `A booking that is ${current} cannot become ${next}`);
}

/** Throws when the technician is the owner, who would otherwise get a technician's rights over the booking. */
function refuseOwner(userId: string, technicianId: string | null): void {
  if (technicianId === userId) throw new HubError("invalid_field", "The owner cannot be the technician of a booking");
}

function ended(status: Status): HubError {
  return new HubError("conflict", `The booking is ${status} and does not change any more`);
}
