import type { Clock, Client as HubClient } from "junction-hub";
import type { Outbound } from "./messages.ts";

type Client = HubClient<Outbound>;

/** Milliseconds after the last `typing` message until a client counts as stopped. */
export const TYPING_MS = 5_000;

/**
 * Tracks the clients that are typing, by room. A client that falls silent, leaves or disconnects is reported as
 * stopped.
 */
export function createTyping(clock: Clock) {
  /** Functions that cancel the timers of the rooms that a client is typing in. */
  const timers = new WeakMap<Client, Map<string, () => void>>();

  function broadcastTyping(client: Client, room: string, isTyping: boolean): void {
    client.broadcastFrom(room, "typing", { userId: client.identity.userId, isTyping });
  }

  /** Cancels the timer of a client in a room. Returns true if the client was typing there. */
  function forget(client: Client, room: string): boolean {
    const rooms = timers.get(client);
    rooms?.get(room)?.();
    return rooms?.delete(room) ?? false;
  }

  function remember(client: Client, room: string): void {
    const rooms = timers.get(client) ?? new Map<string, () => void>();
    timers.set(client, rooms);
    rooms.set(
      room,
      clock.after(TYPING_MS, () => stop(client, room)),
    );
  }

  /** Broadcasts to the others that the client has stopped, if it was typing there. */
  function stop(client: Client, room: string): void {
    if (forget(client, room)) broadcastTyping(client, room, false);
  }

  return {
    stop,

    /** Sets the state of a client in a room and broadcasts it to the others there. */
    set(client: Client, room: string, isTyping: boolean): void {
      forget(client, room);
      if (isTyping) remember(client, room);
      broadcastTyping(client, room, isTyping);
    },

    stopEverywhere(client: Client): void {
      for (const room of timers.get(client)?.keys() ?? []) stop(client, room);
    },
  };
}
