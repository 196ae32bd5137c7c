import { HubError, type Identity } from "junction-hub";
import type { Booking } from "./collections.ts";
import type { Location } from "./messages.ts";
import { isBefore, isFinal, mayFollow, type Status } from "./statuses.ts";

/**
 * The pure transitions of a booking, and who may do what:
 *
 * | | owner | assigned technician | admin |
 * |---|---|---|---|
 * | read, be in its room | yes | yes | yes |
 * | cancel | yes | no | yes |
 * | move the status forward | no | yes | yes |
 * | report the technician's location | no | yes | yes |
 * | assign and unassign a technician | when creating | no | yes |
 *
 * Each gives the next booking, or the same object when nothing changes, or throws what the client is told.
 */
export type Part = "owner" | "technician" | "admin";

/** What somebody is to a booking; `undefined` for those whose business it is not. */
export function partOf({ userId, technicianId }: Booking, identity: Identity): Part | undefined {
  if (identity.role === "admin") return "admin";
  if (identity.userId === userId) return "owner";
  return identity.userId === technicianId ? "technician" : undefined;
}

/** A new booking: `assigned` when its technician is known from the start, else `pending`. */
export function begin(facts: Pick<Booking, "id" | "userId" | "service" | "createdAt" | "technicianId">): Booking {
  const { userId, technicianId } = facts;
  refuseOwner(userId, technicianId);
  return { ...facts, status: technicianId === null ? "pending" : "assigned", lastLocation: null };
}

export interface Patch {
  readonly status?: Status | undefined;
  /** `null` unassigns. */
  readonly technicianId?: string | null | undefined;
}

/**
 * Both wishes are judged by the booking as it was; together they come to the later status of the two, so that a booking
 * that has just got a technician is at least `assigned`. Unassigning leaves the status: there is no way back.
 */
export function change(booking: Booking, part: Part, { status, technicianId }: Patch): Booking {
  const assigned = technicianId === undefined ? booking : assign(booking, part, technicianId);
  if (status === undefined) return assigned;
  refuseMove(booking.status, part, status);
  const next = { ...assigned, status: isBefore(status, assigned.status) ? assigned.status : status };
  // A technician's whereabouts are nobody's business once the work is over.
  return isFinal(next.status) ? { ...next, lastLocation: null } : next;
}

/** `timestamp` is when the technician was there. */
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

/** Otherwise a customer could give themselves a technician's rights over their own booking. */
function refuseOwner(userId: string, technicianId: string | null): void {
  if (technicianId === userId) throw new HubError("invalid_field", "The owner cannot be the technician of a booking");
}

function ended(status: Status): HubError {
  return new HubError("conflict", `The booking is ${status} and does not change any more`);
}
