import type { Clock, Client as HubClient } from "junction-hub";
import type { Outbound } from "./messages.ts";

type Client = HubClient<Outbound>;

/** Who has not said for this long that they are typing has stopped. */
export const TYPING_MS = 5_000;

/** Who is typing in which room. Nobody is left typing for the others: not after a silence, not by going away. */
export function createTyping(clock: Clock) {
  /** What cancels the timer of each room that a client is typing in. */
  const timers = new WeakMap<Client, Map<string, () => void>>();

  function tellOthers(client: Client, room: string, isTyping: boolean): void {
    client.broadcastFrom(room, "typing", { userId: client.identity.userId, isTyping });
  }

  /** True when the client was typing there. */
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

  /** Tells the others that the client has stopped, if it was typing there. */
  function stop(client: Client, room: string): void {
    if (forget(client, room)) tellOthers(client, room, false);
  }

  return {
    stop,

    /** Passes on to the others in the room what a member says of itself. */
    say(client: Client, room: string, isTyping: boolean): void {
      forget(client, room);
      if (isTyping) remember(client, room);
      tellOthers(client, room, isTyping);
    },

    stopEverywhere(client: Client): void {
      for (const room of timers.get(client)?.keys() ?? []) stop(client, room);
    },
  };
}
