import { latest, log, reply, resumed, volatile, z } from "junction-hub";

const id = z.number().int().positive();
const timestamp = z.iso.datetime();
const count = z.number().int().nonnegative();

export const STATUSES = ["online", "offline", "maintenance"] as const;
export type Status = (typeof STATUSES)[number];

export const LEVELS = ["info", "success", "warning", "error"] as const;

/** Counts of a station's batteries; `available + booked = total` always holds. */
export const inventory = z.object({
  available_batteries: count,
  booked_batteries: count,
  total_batteries: count,
});

const { available_batteries, booked_batteries, total_batteries } = inventory.shape;
const about = z.object({ station_id: id, station_name: z.string(), timestamp });

/**
 * Messages from clients, on every channel of the app. The timestamp of a ping is the client's own and is returned as
 * it is.
 */
export const inbound = { ping: z.object({ timestamp: z.string().optional() }) };

const pong = volatile(z.object({ timestamp: z.string() }));

/** Messages to clients that watch stations. Anyone may watch, so no message identifies a user. */
export const stationOutbound = {
  connection_established: reply(z.object({ message: z.string(), station_id: id.optional(), ...resumed })),
  inventory_update: latest(
    about.extend({ ...inventory.shape, action: z.enum(["update", "add", "book", "collect"]) }),
    "station_id",
  ),
  battery_booked: log(
    about.extend({
      battery_id: id,
      available_batteries,
      booked_batteries,
      /** Masked, unless the app's option `exposeUser` is set. */
      user: z.string(),
    }),
  ),
  battery_collected: log(about.extend({ battery_id: id, available_batteries, booked_batteries })),
  battery_added: log(about.extend({ battery_id: id, available_batteries, total_batteries })),
  station_status: log(about.extend({ status: z.enum(STATUSES), message: z.string() })),
  pong,
};

const bookingReady = z.object({ booking_id: id, station_name: z.string(), message: z.string(), timestamp });
const bookingConfirmed = bookingReady.extend({ battery_info: z.string() });
const notification = z.object({ title: z.string(), message: z.string(), level: z.enum(LEVELS), timestamp });

/** Messages to a user on the channel of the user's own notifications. */
export const notificationOutbound = {
  connection_established: reply(z.object({ message: z.string(), ...resumed })),
  booking_confirmed: log(bookingConfirmed),
  booking_ready: log(bookingReady),
  notification: log(notification),
  pong,
};

/** The offset of a notification in the user's log: 1, 2, 3 and so on. */
const seq = z.number().int().positive();

/** A listed notification, with its type and its offset. */
export const listedNotification = notification.extend({ type: z.literal("notification"), seq });

/** A listed entry of the user's log, of any type, with its offset. */
export const listedEntry = z.discriminatedUnion("type", [
  bookingConfirmed.extend({ type: z.literal("booking_confirmed"), seq }),
  bookingReady.extend({ type: z.literal("booking_ready"), seq }),
  listedNotification,
]);

export type StationOutbound = typeof stationOutbound;
export type NotificationPayload = z.output<typeof notification>;
export type Inventory = z.output<typeof inventory>;
export type InventoryUpdate = z.output<typeof stationOutbound.inventory_update.schema>;
