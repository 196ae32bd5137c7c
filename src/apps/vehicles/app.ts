import { defineApp } from "junction-hub";
import { vehicleChannel } from "./channel.ts";
import { openVehicles } from "./collections.ts";
import { demoVehicles } from "./demo.ts";
import { vehicleRoutes } from "./routes.ts";
import { createVehiclesService } from "./service.ts";

/** A car park's entries and exits, and a search over the vehicles that are in it. */
export const vehicles = defineApp("vehicles", async ({ collection, sequence, channel, routes, seed, clock }) => {
  const vehicles = await openVehicles(collection);
  // The demo's vehicles have the lowest ids; later ones get ids above 1,000.
  const nextId = sequence("vehicles", { startAfter: 1_000 });
  const service = createVehiclesService({ vehicles, nextId, clock });
  vehicleChannel(channel, service);
  routes(vehicleRoutes(service));
  seed(async () => {
    await Promise.all(demoVehicles(clock.now()).map((vehicle) => vehicles.ensure(vehicle)));
  });
});
