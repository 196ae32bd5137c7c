import { defineRoute, numericId, type Route, type Snapped, since, z } from "junction-hub";
import type { Station } from "./collections.ts";
import { inventory, LEVELS, listedEntry, listedNotification, STATUSES } from "./messages.ts";
import type { Notifications } from "./notifications.ts";
import { ALL_STATIONS, stationRoom } from "./rooms.ts";
import type { BatteryService, Booked } from "./service.ts";
import { summaryOf } from "./station.ts";

const id = z.number().int().positive();
const stationView = z.object({ id, name: z.string(), status: z.enum(STATUSES), ...inventory.shape });
/** A station with the offset to subscribe from. */
const stationSnapshotView = stationView.extend({ seq: since });
const batteryView = z.object({ battery_id: id, station_id: id, info: z.string(), ...inventory.shape });
const bookingView = z.object({
  booking_id: id,
  battery_id: id,
  battery_info: z.string(),
  station_id: id,
  station_name: z.string(),
  status: z.enum(["booked", "ready", "collected"]),
});

const atStation = z.object({ id: numericId });
const ofBooking = z.object({ id: numericId, booking_id: numericId });
const operators = { credential: "jwt", roles: ["operator", "admin"] } as const;

/** Returns the HTTP routes of the battery app. */
export function batteryRoutes(service: BatteryService, notifications: Notifications): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/api/stations",
      summary: "The stations with their inventory, by id",
      credential: "none",
      query: z.object({
        after: z.coerce.number().int().nonnegative().default(0),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
      }),
      response: z.object({ items: z.array(stationSnapshotView), seq: since }),
      async handle({ query }) {
        const { value, offsets } = await service.listSnapshot(query.after, query.limit);
        return { items: value.map((station) => withSeq(station, offsets)), seq: offsets.get(ALL_STATIONS) };
      },
    }),
    defineRoute({
      method: "get",
      path: "/api/stations/{id}",
      summary: "A station with its inventory",
      credential: "none",
      params: atStation,
      response: stationSnapshotView,
      async handle({ params }) {
        const { value, offsets } = await service.getSnapshot(params.id);
        return withSeq(value, offsets);
      },
    }),
    defineRoute({
      ...operators,
      method: "post",
      path: "/api/stations",
      summary: "Create a station",
      body: z.object({ name: z.string().trim().min(1).max(200), status: z.enum(STATUSES).default("online") }),
      status: 201,
      response: stationView,
      handle: ({ body, command }) => service.create(body.name, body.status, command),
    }),
    defineRoute({
      ...operators,
      method: "patch",
      path: "/api/stations/{id}",
      summary: "Set a station's status and announce it to everyone",
      params: atStation,
      body: z.object({ status: z.enum(STATUSES), message: z.string().trim().min(1).max(500).optional() }),
      response: stationView,
      handle: ({ params, body, command }) => service.setStatus(params.id, body.status, body.message, command),
    }),
    defineRoute({
      ...operators,
      method: "post",
      path: "/api/stations/{id}/batteries",
      summary: "Add a battery to a station",
      params: atStation,
      body: z.object({ info: z.string().trim().min(1).max(200) }),
      status: 201,
      response: batteryView,
      async handle({ params, body, command }) {
        const added = await service.addBattery(params.id, body.info, command);
        return { battery_id: added.batteryId, station_id: params.id, info: body.info, ...added.inventory };
      },
    }),
    defineRoute({
      method: "post",
      path: "/api/stations/{id}/bookings",
      summary: "Book a battery; 409 when none is free",
      credential: "jwt",
      params: atStation,
      status: 201,
      response: bookingView,
      handle: async ({ identity, params, command }) => viewOfBooking(await service.book(params.id, identity, command)),
    }),
    defineRoute({
      ...operators,
      method: "post",
      path: "/api/stations/{id}/bookings/{booking_id}/ready",
      summary: "Mark a booked battery as ready and notify its user",
      params: ofBooking,
      response: bookingView,
      async handle({ params, command }) {
        return viewOfBooking(await service.markReady(params.id, params.booking_id, command));
      },
    }),
    defineRoute({
      method: "post",
      path: "/api/stations/{id}/bookings/{booking_id}/collect",
      summary: "Collect a booked battery, which leaves the station",
      credential: "jwt",
      params: ofBooking,
      response: bookingView,
      async handle({ identity, params, command }) {
        const collected = await service.collect(params.id, params.booking_id, identity, command);
        return { ...viewOfBooking(collected), status: "collected" };
      },
    }),
    defineRoute({
      method: "get",
      path: "/api/notifications",
      summary: "The user's own notifications after an offset; the last 1,000 at most",
      credential: "jwt",
      query: z.object({ after_seq: z.coerce.number().int().nonnegative().default(0) }),
      response: z.object({ items: z.array(listedEntry), seq: since }),
      handle: ({ identity, query }) => notifications.list(identity.userId, query.after_seq),
    }),
    defineRoute({
      ...operators,
      method: "post",
      path: "/api/notifications",
      summary: "Notify a user",
      body: z.object({
        user_id: z.string().min(1).max(256),
        title: z.string().trim().min(1).max(200),
        message: z.string().trim().min(1).max(2_000),
        level: z.enum(LEVELS).default("info"),
      }),
      status: 201,
      response: listedNotification,
      handle: ({ body: { user_id, ...notification }, command }) => notifications.notify(user_id, notification, command),
    }),
  ];
}

function withSeq(station: Station, offsets: Snapped<unknown>["offsets"]): z.input<typeof stationSnapshotView> {
  return { ...summaryOf(station), seq: offsets.get(stationRoom(station.id)) ?? 0 };
}

function viewOfBooking({ station, battery }: Booked): z.input<typeof bookingView> {
  return {
    booking_id: battery.booking.id,
    battery_id: battery.id,
    battery_info: battery.info,
    station_id: station.id,
    station_name: station.name,
    status: battery.booking.ready_at === null ? "booked" : "ready",
  };
}
