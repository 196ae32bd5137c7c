import { log, reply, resumed, since, z } from "junction-hub";

/** Types of notifications that a client can subscribe to. */
export const NOTIFICATION_TYPES = ["reservation", "parking_lot"] as const;
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

/** `completed` and `cancelled` are final. */
export const STATUSES = ["active", "completed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

const id = z.number().int().positive();
const notificationType = z.enum(NOTIFICATION_TYPES);

/** The user's view of a reservation, in a notification and by HTTP. */
export const reservationView = z.object({ reservation_id: id, status: z.enum(STATUSES), parking_lot_id: id });

/** The public view of a parking lot, in a notification and by HTTP. */
export const lotView = z.object({
  parking_lot_id: id,
  name: z.string(),
  available_spots: z.number().int().nonnegative(),
});

/** Offsets by type, since each type has its own room. A single number applies to every subscribed type. */
const offsets = z.union([since, z.partialRecord(notificationType, since)]);

/** Messages from clients. */
export const inbound = {
  subscribe: z.object({ notification_types: z.array(notificationType), since: offsets.optional() }),
};

/** Messages to clients. */
export const outbound = {
  subscribed: reply(
    z.object({
      notification_types: z.array(notificationType),
      /** True if every missed message follows, of all types that `since` was given for. */
      recovered: resumed.recovered,
      /** The newest offset: a number for one type, an object by type for several. */
      seq: offsets.optional(),
    }),
  ),
  notification: log(
    z.object({
      message: z.string(),
      notification_type: notificationType,
      // The example in the app's document has no lot id, so messages published by hand may lack it.
      data: z.union([reservationView.partial({ parking_lot_id: true }), lotView]),
    }),
  ),
};

export type Subscribed = z.output<typeof outbound.subscribed.schema>;
