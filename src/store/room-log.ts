import { hash } from "node:crypto";
import type { Retention, RoomName } from "./log.ts";

/** Returns a name of a room that is unique among all namespaces. JSON keeps any two names distinct and is well-formed text. */
export function roomKey({ namespace, room }: RoomName): string {
  return JSON.stringify([namespace, room]);
}

/** Returns the room of a `roomKey`. */
export function roomOf(key: string): RoomName {
  const [namespace, room] = JSON.parse(key) as [string, string];
  return { namespace, room };
}

/** Returns 32 bytes that stand for a text of any length in a database key. */
export function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/**
 * Returns true when the retention of the room no longer covers an entry. The newest entry, at the offset `newest`, is always
 * covered. `now` and `at` are epoch milliseconds.
 */
export function isSpent(
  entry: { readonly offset: number; readonly at: number },
  newest: number,
  retention: Retention,
  now: number,
): boolean {
  if (entry.offset >= newest) return false;
  return entry.offset <= newest - retention.messages || entry.at < now - retention.ms;
}
