/** The root namespace, which owns the rooms. */
export const NAMESPACE = "/bookings";

/** What a room is about; the table of who may be in which is in `channel.ts`. */
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

/** A room's name taken apart; `undefined` for a name that no room has. */
export function parseRoom(room: string): { kind: RoomKind; id: string } | undefined {
  const [, kind, id] = /^(booking|user|support):(.+)$/.exec(room) ?? [];
  return kind === undefined || id === undefined ? undefined : { kind: kind as RoomKind, id };
}
