import {
  type AppDeps,
  type Clock,
  type Command,
  HubError,
  type LogEntry,
  type Message,
  publisher,
  timestamp,
} from "junction-hub";
import type { BookedBattery, Station } from "./collections.ts";
import { type GeneralNews, notificationOutbound } from "./messages.ts";
import { NOTIFICATIONS, userRoom } from "./rooms.ts";

/** How many of a user's notifications are kept, the newest. */
export const KEPT = 1_000;

export interface NotificationOptions {
  readonly history: AppDeps["history"];
  readonly publish: AppDeps["publish"];
  readonly clock: Clock;
}

export type Notifications = ReturnType<typeof createNotifications>;

/** A user's notifications are the log of the room of the user's clients: what they have been sent is what is listed. */
export function createNotifications({ history, publish, clock }: NotificationOptions) {
  const { message } = publisher(NOTIFICATIONS, notificationOutbound);

  function roomOf(userId: string): { namespace: string; room: string } {
    return { namespace: NOTIFICATIONS, room: userRoom(userId) };
  }

  return {
    /** Tells the booker of a battery that it is theirs. */
    bookingConfirmed({ name }: Pick<Station, "name">, { info, booking }: BookedBattery): Message {
      return message(userRoom(booking.user_id), "booking_confirmed", {
        booking_id: booking.id,
        station_name: name,
        battery_info: info,
        message: `Battery booked successfully at ${name}`,
        timestamp: booking.booked_at,
      });
    },

    /** Tells the booker of a battery that it can be fetched; `at` is a timestamp. */
    bookingReady({ name }: Pick<Station, "name">, { booking }: BookedBattery, at: string): Message {
      return message(userRoom(booking.user_id), "booking_ready", {
        booking_id: booking.id,
        station_name: name,
        message: `Your battery is ready for collection at ${name}`,
        timestamp: at,
      });
    },

    /**
     * Sends a user a notification: as it is listed then. Rejects with `HubError("unavailable")` while it is kept, but has
     * no number yet.
     */
    async notify(userId: string, news: Omit<GeneralNews, "timestamp">, command: Command): Promise<Listed> {
      const id = command.uuid();
      const room = roomOf(userId);
      const sent = { ...message(room.room, "notification", { ...news, timestamp: timestamp(clock) }), id };
      const [position] = await publish(sent);
      // As it was sent, which may have been when the command came first.
      const [entry] = position ? await history.read(room, position.offset - 1, 1) : [];
      if (!entry) throw new HubError("unavailable");
      return listed(entry);
    },

    /** A user's notifications with a number above `afterSeq`, in order; `seq` is the number to subscribe from then. */
    async list(userId: string, afterSeq: number): Promise<{ items: Listed[]; seq: number }> {
      const room = roomOf(userId);
      const [newest = 0] = await history.newest([room]);
      // The log is trimmed from time to time and may hold more.
      const entries = await history.read(room, Math.max(afterSeq, newest - KEPT), KEPT);
      return { items: entries.map(listed), seq: entries.at(-1)?.offset ?? newest };
    },
  };
}

/** A notification as it was sent, with its type and its number. */
type Listed = LogEntry["message"]["payload"] & { readonly type: string; readonly seq: number };

function listed({ offset: seq, message: { type, payload } }: LogEntry): Listed {
  return { ...payload, type, seq };
}
