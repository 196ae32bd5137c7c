import { defineApp } from "junction-hub";
import { parkingChannel } from "./channel.ts";
import { openEnded, openLots } from "./collections.ts";
import { parkingRoutes } from "./routes.ts";
import { createParkingService } from "./service.ts";
import { emptyLot } from "./spots.ts";

/** Parking lots with spots to reserve: users are notified of their reservations and of free spots. */
export const parking = defineApp("parking", async ({ collection, sequence, channel, routes, seed }) => {
  const lots = await openLots(collection);
  const service = createParkingService({
    lots,
    ended: await openEnded(collection),
    // The demo's lots have the ids 1 and 2; added ones get ids above 1,000.
    nextLotId: sequence("parking_lots", { startAfter: 1_000 }),
    nextReservationId: sequence("reservations"),
  });
  parkingChannel(channel);
  routes(parkingRoutes(service));
  seed(async () => {
    await lots.ensure(emptyLot(1, "City Hall Parking", 50));
    await lots.ensure(emptyLot(2, "Airport Parking", 120));
  });
});
