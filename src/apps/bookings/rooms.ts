/** The root namespace, which owns the rooms. */
export const NAMESPACE = "/bookings";

/** The kinds of rooms. `authorise` in `channel.ts` has the rights to each. */
export type RoomKind = "booking" | "user" | "support";

export function bookingRoom(bookingId: string): string {
  return `booking:${bookingId}`;
}

export function userRoom(userId: string): string {
  return `user:${userId}`;
}

export function supportRoom(ticketId: string): string {
  return `support:${ticketId}`;
}

/** Splits a room's name into kind and id. Returns `undefined` for an invalid name. */
export function parseRoom(room: string): { kind: RoomKind; id: string } | undefined {
  const [, kind, id] = /^(booking|user|support):(.+)$/.exec(room) ?? [];
  return kind === undefined || id === undefined ? undefined : { kind: kind as RoomKind, id };
}
