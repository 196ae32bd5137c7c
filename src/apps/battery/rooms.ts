/** The root namespace of the clients that watch stations. */
export const STATIONS = "/battery/stations";

/** The root namespace of users' own notifications. */
export const NOTIFICATIONS = "/battery/notifications";

/** The room of the clients that watch every station. */
export const ALL_STATIONS = "stations";

/** Returns the room of the clients that watch one station. */
export function stationRoom(stationId: number): string {
  return `station:${stationId}`;
}

/** Returns the room of a user's own clients. */
export function userRoom(userId: string): string {
  return `user:${userId}`;
}
