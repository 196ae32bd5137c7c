import { log, reply, resumed, since, z } from "junction-hub";

/** What a client can be notified of. */
export const NOTIFICATION_TYPES = ["reservation", "parking_lot"] as const;
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

/** `completed` and `cancelled` are final. */
export const STATUSES = ["active", "completed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

const id = z.number().int().positive();
const notificationType = z.enum(NOTIFICATION_TYPES);

/** A reservation as its user sees it, in a notification and by HTTP. */
export const reservationView = z.object({ reservation_id: id, status: z.enum(STATUSES), parking_lot_id: id });

/** A parking lot as everybody sees it, in a notification and by HTTP. */
export const lotView = z.object({
  parking_lot_id: id,
  name: z.string(),
  available_spots: z.number().int().nonnegative(),
});

/** Each type has places of its own: one number is meant for every type that is subscribed to. */
const places = z.union([since, z.partialRecord(notificationType, since)]);

/** What clients send. */
export const inbound = {
  subscribe: z.object({ notification_types: z.array(notificationType), since: places.optional() }),
};

/** What the hub sends. */
export const outbound = {
  subscribed: reply(
    z.object({
      notification_types: z.array(notificationType),
      /** Whether all follows that was missed of the types that `since` was said for. */
      recovered: resumed.recovered,
      /** The newest place: a number where there is one type, by type where there are several. */
      seq: places.optional(),
    }),
  ),
  notification: log(
    z.object({
      message: z.string(),
      notification_type: notificationType,
      // The document's own example names no lot; what is published by hand may look like it.
      data: z.union([reservationView.partial({ parking_lot_id: true }), lotView]),
    }),
  ),
};

export type Subscribed = z.output<typeof outbound.subscribed.schema>;
