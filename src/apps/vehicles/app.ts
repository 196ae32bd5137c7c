import type { App } from "../../app.ts";
import { vehicleChannel } from "./channel.ts";
import { vehicleCollection } from "./collections.ts";
import { demoVehicles } from "./demo.ts";
import { vehicleRoutes } from "./routes.ts";
import { createVehiclesService } from "./service.ts";

/** A car park's entries and exits, and a search over the vehicles that are in it. */
export const vehicles: App = {
  name: "vehicles",
  async start({ store, clock }) {
    const collection = await store.collection(vehicleCollection);
    // The demo's vehicles have the lowest ids; those that enter come after them.
    const nextId = async (): Promise<number> => 1_000 + (await store.next("vehicles"));
    const service = createVehiclesService({ vehicles: collection, nextId, clock });
    return {
      channels: [vehicleChannel(service)],
      routes: vehicleRoutes(service),
      async seed() {
        await Promise.all(demoVehicles(clock.now()).map((vehicle) => collection.ensure(vehicle)));
      },
    };
  },
};
