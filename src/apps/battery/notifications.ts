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
import { type NotificationPayload, notificationOutbound } from "./messages.ts";
import { NOTIFICATIONS, userRoom } from "./rooms.ts";

/** Number of notifications that are kept per user: the newest. */
export const KEPT = 1_000;

export interface NotificationOptions {
  readonly history: AppDeps["history"];
  readonly publish: AppDeps["publish"];
  readonly clock: Clock;
}

export type Notifications = ReturnType<typeof createNotifications>;

/** Creates the notifications of users. They are the log of the user's room, so the list equals what was sent. */
export function createNotifications({ history, publish, clock }: NotificationOptions) {
  const { message } = publisher(NOTIFICATIONS, notificationOutbound);

  function roomOf(userId: string): { namespace: string; room: string } {
    return { namespace: NOTIFICATIONS, room: userRoom(userId) };
  }

  return {
    /** Builds the message that confirms a booking to its user. */
    bookingConfirmed({ name }: Pick<Station, "name">, { info, booking }: BookedBattery): Message {
      return message(userRoom(booking.user_id), "booking_confirmed", {
        booking_id: booking.id,
        station_name: name,
        battery_info: info,
        message: `Battery booked successfully at ${name}`,
        timestamp: booking.booked_at,
      });
    },

    /** Builds the message that a user's battery can be collected; `at` is a timestamp. */
    bookingReady({ name }: Pick<Station, "name">, { booking }: BookedBattery, at: string): Message {
      return message(userRoom(booking.user_id), "booking_ready", {
        booking_id: booking.id,
        station_name: name,
        message: `Your battery is ready for collection at ${name}`,
        timestamp: at,
      });
    },

    /**
     * Sends a notification to a user. Resolves to it as the list shows it. Rejects with `HubError("unavailable")` while
     * it is stored but has no offset yet.
     */
    async notify(
      userId: string,
      notification: Omit<NotificationPayload, "timestamp">,
      command: Command,
    ): Promise<Listed> {
      const id = command.uuid();
      const room = roomOf(userId);
      const sent = { ...message(room.room, "notification", { ...notification, timestamp: timestamp(clock) }), id };
      const [position] = await publish(sent);
      // Read back from the log: a repeated command returns the notification of the first run.
      const [entry] = position ? await history.read(room, position.offset - 1, 1) : [];
      if (!entry) throw new HubError("unavailable");
      return listed(entry);
    },

    /** Lists a user's notifications with offsets above `afterSeq`, in order. `seq` is the offset to subscribe from. */
    async list(userId: string, afterSeq: number): Promise<{ items: Listed[]; seq: number }> {
      const room = roomOf(userId);
      const [newest = 0] = await history.newest([room]);
      // The log is trimmed at intervals and may hold more than `KEPT`.
      const entries = await history.read(room, Math.max(afterSeq, newest - KEPT), KEPT);
      return { items: entries.map(listed), seq: entries.at(-1)?.offset ?? newest };
    },
  };
}

/** A notification as it was sent, with its type and its offset. */
type Listed = LogEntry["message"]["payload"] & { readonly type: string; readonly seq: number };

function listed({ offset, message: { type, payload } }: LogEntry): Listed {
  return { ...payload, type, seq: offset };
}
