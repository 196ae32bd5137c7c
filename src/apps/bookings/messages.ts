import { latest, log, reply, resumed, since, volatile, z } from "junction-hub";
import { STATUSES } from "./statuses.ts";

const timestamp = z.iso.datetime();
const room = z.string();

/** Ids of bookings, tickets, messages and technicians: a UUID of any version, since other backends create them too. */
export const uuid = z.guid();

/** The user id in a token. Ids of this hub's users are UUIDs, but other issuers of tokens choose their own. */
export const userId = z.string().min(1).max(256);

export const status = z.enum(STATUSES);

/** Degrees. */
export const location = z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) });
export type Location = z.output<typeof location>;

/** A support message as the app's document defines it. Its length is limited by the route that accepts it. */
export const supportMessage = z.object({ id: uuid, message: z.string(), createdAt: timestamp });
export type SupportMessage = z.output<typeof supportMessage>;

/** Messages from clients. */
export const inbound = {
  join: z.object({ room, since: since.optional() }),
  leave: z.object({ room }),
  typing: z.object({ room, data: z.object({ isTyping: z.boolean() }) }),
};

/** Messages to clients. */
export const outbound = {
  connected: reply(z.object({ userId, ...resumed, timestamp })),
  joined_room: reply(z.object({ room, ...resumed, timestamp })),
  left_room: reply(z.object({ room, timestamp })),
  status_update: log(z.object({ bookingId: uuid, status, timestamp })),
  message: log(z.object({ ticketId: uuid, senderId: userId, message: supportMessage, timestamp })),
  location_update: latest(z.object({ bookingId: uuid, location, timestamp }), "bookingId"),
  typing: volatile(z.object({ userId, isTyping: z.boolean() })),
  error: reply(z.object({ message: z.string(), room: room.optional(), timestamp })),
};

export type Outbound = typeof outbound;
export type LocationUpdate = z.output<typeof outbound.location_update.schema>;
