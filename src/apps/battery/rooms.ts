/** The root namespace of those who watch stations. */
export const STATIONS = "/battery/stations";

/** The namespace of users' own notifications. */
export const NOTIFICATIONS = "/battery/notifications";

/** The room of all who watch every station. */
export const ALL_STATIONS = "stations";

/** The room of all who watch one station. */
export function stationRoom(stationId: number): string {
  return `station:${stationId}`;
}

/** The room of a user's own clients. */
export function userRoom(userId: string): string {
  return `user:${userId}`;
}
