import { defineRoute, numericId, type Route, z } from "junction-hub";
import { type LocatedReservation, MAX_SPOTS } from "./collections.ts";
import { lotView, reservationView, STATUSES } from "./messages.ts";
import type { LotView, ParkingService } from "./service.ts";

const spots = z.number().int().nonnegative().max(MAX_SPOTS);
const limit = z.coerce.number().int().min(1).max(1_000).default(100);

/** Returns the HTTP routes of the parking app. */
export function parkingRoutes(service: ParkingService): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/api/parking-lots",
      summary: "The parking lots, by id",
      credential: "jwt",
      query: z.object({ after: z.coerce.number().int().nonnegative().default(0), limit }),
      response: z.object({ items: z.array(lotView) }),
      handle: async ({ query }) => ({ items: (await service.lots(query.after, query.limit)).map(viewOfLot) }),
    }),
    defineRoute({
      method: "post",
      path: "/api/parking-lots",
      summary: "Add a parking lot",
      credential: "jwt",
      roles: ["operator", "admin"],
      body: z.object({ name: z.string().trim().min(1).max(200), available_spots: spots }),
      status: 201,
      response: lotView,
      async handle({ body, command }) {
        return viewOfLot(await service.addLot(body.name, body.available_spots, command));
      },
    }),
    defineRoute({
      method: "patch",
      path: "/api/parking-lots/{id}",
      summary: "Set the number of free spots",
      credential: "jwt",
      roles: ["operator", "admin"],
      params: z.object({ id: numericId }),
      body: z.object({ available_spots: spots }),
      response: lotView,
      async handle({ params, body, command }) {
        return viewOfLot(await service.setSpots(params.id, body.available_spots, command));
      },
    }),
    defineRoute({
      method: "get",
      path: "/api/reservations",
      summary: "The user's own reservations, newest first",
      credential: "jwt",
      query: z.object({ before: numericId.default(Number.MAX_SAFE_INTEGER), limit }),
      response: z.object({ items: z.array(reservationView) }),
      async handle({ identity, query }) {
        const found = await service.reservations(identity, query.before, query.limit);
        return { items: found.map(viewOfReservation) };
      },
    }),
    defineRoute({
      method: "post",
      path: "/api/reservations",
      summary: "Reserve a spot; 409 when none is free",
      credential: "jwt",
      body: z.object({ parking_lot_id: z.number().int().positive() }),
      status: 201,
      response: reservationView,
      async handle({ identity, body, command }) {
        return viewOfReservation(await service.reserve(body.parking_lot_id, identity, command));
      },
    }),
    defineRoute({
      method: "patch",
      path: "/api/reservations/{id}",
      summary: "Complete or cancel a reservation, which gives its spot back",
      credential: "jwt",
      params: z.object({ id: numericId }),
      body: z.object({ status: z.enum(STATUSES) }),
      response: reservationView,
      async handle({ identity, params, body, command }) {
        return viewOfReservation(await service.setStatus(params.id, body.status, identity, command));
      },
    }),
  ];
}

function viewOfLot({ id, name, available_spots }: LotView): z.input<typeof lotView> {
  return { parking_lot_id: id, name, available_spots };
}

function viewOfReservation({ id, status, parking_lot_id }: LocatedReservation): z.input<typeof reservationView> {
  return { reservation_id: id, status, parking_lot_id };
}
