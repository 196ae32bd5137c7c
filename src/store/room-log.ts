import { hash } from "node:crypto";
import type { Retention, RoomName } from "./log.ts";

/** Names a room among those of all namespaces. JSON tells every two names apart and is made of well-formed characters. */
export function roomKey({ namespace, room }: RoomName): string {
  return JSON.stringify([namespace, room]);
}

/** The room that a key names. */
export function roomOf(key: string): RoomName {
  const [namespace, room] = JSON.parse(key) as [string, string];
  return { namespace, room };
}

/** Stands for a text of any length where a database wants a short key: 32 bytes. */
export function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** Whether an entry need not be kept any more; never the newest of its room, at place `newest`. */
export function isSpent(
  entry: { readonly seq: number; readonly at: number },
  newest: number,
  keep: Retention,
  now: number,
): boolean {
  if (entry.seq >= newest) return false;
  return entry.seq <= newest - keep.messages || entry.at < now - keep.ms;
}
