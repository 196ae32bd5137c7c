import { defineRoute, numericId, type Route, z } from "junction-hub";
import { results, term, vehicleView } from "./messages.ts";
import type { VehiclesService } from "./service.ts";

const newVehicle = z.object({
  number_plate: z.string().trim().min(1).max(32),
  contact_name: z.string().trim().min(1).max(128),
  phone_number: z.string().trim().min(1).max(32),
});

/** Returns the HTTP routes of the vehicles app. */
export function vehicleRoutes(service: VehiclesService): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/api/vehicles",
      summary: "Search the vehicles parked now; without a term, the newest",
      credential: "apiKey",
      query: z.object({ term: term.optional() }),
      response: results,
      handle: ({ query }) => (query.term === undefined ? service.newest() : service.search(query.term)),
    }),
    defineRoute({
      method: "post",
      path: "/api/vehicles",
      summary: "A vehicle enters",
      credential: "apiKey",
      body: newVehicle,
      status: 201,
      response: vehicleView,
      handle: ({ body, command }) => service.enter(body, command),
    }),
    defineRoute({
      method: "delete",
      path: "/api/vehicles/{id}",
      summary: "A vehicle leaves",
      credential: "apiKey",
      params: z.object({ id: numericId }),
      status: 204,
      response: z.object({}),
      handle: ({ params, command }) => service.leave(params.id, command),
    }),
  ];
}
