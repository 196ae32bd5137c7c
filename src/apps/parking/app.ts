import type { App } from "../../app.ts";
import { parkingChannel } from "./channel.ts";
import { endedCollection, lotCollection } from "./collections.ts";
import { parkingRoutes } from "./routes.ts";
import { createParkingService } from "./service.ts";
import { emptyLot } from "./spots.ts";

/** Parking lots with spots to reserve: users are notified of their reservations and of free spots. */
export const parking: App = {
  name: "parking",
  async start({ store }) {
    const lots = await store.collection(lotCollection);
    const service = createParkingService({
      lots,
      ended: await store.collection(endedCollection),
      // The demo's lots have the ids 1 and 2; those that are added come after them.
      nextLotId: async () => 1_000 + (await store.next("parking_lots")),
      nextReservationId: () => store.next("reservations"),
    });
    return {
      channels: [parkingChannel()],
      routes: parkingRoutes(service),
      async seed() {
        await lots.ensure(emptyLot(1, "City Hall Parking", 50));
        await lots.ensure(emptyLot(2, "Airport Parking", 120));
      },
    };
  },
};
