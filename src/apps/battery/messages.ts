import { latest, log, reply, resumed, volatile, z } from "junction-hub";

const id = z.number().int().positive();
const timestamp = z.iso.datetime();
const count = z.number().int().nonnegative();

export const STATUSES = ["online", "offline", "maintenance"] as const;
export type Status = (typeof STATUSES)[number];

export const LEVELS = ["info", "success", "warning", "error"] as const;

/** What a station holds; `available + booked = total`, always. */
export const inventory = z.object({
  available_batteries: count,
  booked_batteries: count,
  total_batteries: count,
});

const { available_batteries, booked_batteries, total_batteries } = inventory.shape;
const about = z.object({ station_id: id, station_name: z.string(), timestamp });

/** What clients send, on every channel of the app. A ping's timestamp is the client's own, in whatever form. */
export const inbound = { ping: z.object({ timestamp: z.string().optional() }) };

const pong = volatile(z.object({ timestamp: z.string() }));

/** What those who watch stations are sent. Anybody may watch, so nothing here says who somebody is. */
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
      /** Masked, unless the deployment says otherwise. */
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

/** What a user is sent on their own channel. */
export const notificationOutbound = {
  connection_established: reply(z.object({ message: z.string(), ...resumed })),
  booking_confirmed: log(bookingConfirmed),
  booking_ready: log(bookingReady),
  notification: log(notification),
  pong,
};

/** A user's notifications as they are listed, with their types; `seq` counts those of the user from 1. */
const seq = z.number().int().positive();
export const listedNotification = notification.extend({ type: z.literal("notification"), seq });
export const listedNews = z.discriminatedUnion("type", [
  bookingConfirmed.extend({ type: z.literal("booking_confirmed"), seq }),
  bookingReady.extend({ type: z.literal("booking_ready"), seq }),
  listedNotification,
]);

export type StationOutbound = typeof stationOutbound;
export type GeneralNews = z.output<typeof notification>;
export type Inventory = z.output<typeof inventory>;
export type InventoryUpdate = z.output<typeof stationOutbound.inventory_update.schema>;
