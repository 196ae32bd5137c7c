import { z } from "zod";
import { defineRoute, numericId, type Route } from "../../hub/route.ts";
import type { Notification, Station } from "./collections.ts";
import { inventory, LEVELS, listedGeneralNews, listedNews, STATUSES } from "./messages.ts";
import type { BatteryService, Booked } from "./service.ts";
import { inventoryOf } from "./station.ts";

const id = z.number().int().positive();
const stationView = z.object({ id, name: z.string(), status: z.enum(STATUSES), ...inventory.shape });
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

/** The HTTP routes of the battery app. */
export function batteryRoutes(service: BatteryService): Route[] {
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
      response: z.object({ items: z.array(stationView) }),
      handle: async ({ query }) => ({ items: (await service.list(query.after, query.limit)).map(viewOfStation) }),
    }),
    defineRoute({
      method: "get",
      path: "/api/stations/{id}",
      summary: "A station with its inventory",
      credential: "none",
      params: atStation,
      response: stationView,
      handle: async ({ params }) => viewOfStation(await service.get(params.id)),
    }),
    defineRoute({
      ...operators,
      method: "post",
      path: "/api/stations",
      summary: "Create a station",
      body: z.object({ name: z.string().trim().min(1).max(200), status: z.enum(STATUSES).default("online") }),
      status: 201,
      response: stationView,
      handle: async ({ body }) => viewOfStation(await service.create(body.name, body.status)),
    }),
    defineRoute({
      ...operators,
      method: "patch",
      path: "/api/stations/{id}",
      summary: "Tell everybody a station's status",
      params: atStation,
      body: z.object({ status: z.enum(STATUSES), message: z.string().trim().min(1).max(500).optional() }),
      response: stationView,
      handle: async ({ params, body }) => viewOfStation(await service.setStatus(params.id, body.status, body.message)),
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
      async handle({ params, body }) {
        const { station, batteryId } = await service.addBattery(params.id, body.info);
        return { battery_id: batteryId, station_id: station.id, info: body.info, ...inventoryOf(station) };
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
      handle: async ({ identity, params }) => viewOfBooking(await service.book(params.id, identity)),
    }),
    defineRoute({
      ...operators,
      method: "post",
      path: "/api/stations/{id}/bookings/{booking_id}/ready",
      summary: "Tell the booker that the battery can be collected",
      params: ofBooking,
      response: bookingView,
      handle: async ({ params }) => viewOfBooking(await service.markReady(params.id, params.booking_id)),
    }),
    defineRoute({
      method: "post",
      path: "/api/stations/{id}/bookings/{booking_id}/collect",
      summary: "Collect a booked battery, which leaves the station",
      credential: "jwt",
      params: ofBooking,
      response: bookingView,
      async handle({ identity, params }) {
        const collected = await service.collect(params.id, params.booking_id, identity);
        return { ...viewOfBooking(collected), status: "collected" };
      },
    }),
    defineRoute({
      method: "get",
      path: "/api/notifications",
      summary: "The user's own notifications, the last 1,000, those after a number",
      credential: "jwt",
      query: z.object({ after_seq: z.coerce.number().int().nonnegative().default(0) }),
      response: z.object({ items: z.array(listedNews) }),
      async handle({ identity, query }) {
        return { items: (await service.notifications(identity.userId, query.after_seq)).map(viewOfNotification) };
      },
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
      response: listedGeneralNews,
      handle: async ({ body: { user_id, ...facts } }) => viewOfNotification(await service.notify(user_id, facts)),
    }),
  ];
}

function viewOfStation(station: Station): z.input<typeof stationView> {
  const { id, name, status } = station;
  return { id, name, status, ...inventoryOf(station) };
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

function viewOfNotification({ seq, news }: Notification): z.input<typeof listedNews> {
  return { ...news, seq };
}
