import { defineApp, z } from "junction-hub";
import { batteryChannels } from "./channel.ts";
import { openStations, type Station } from "./collections.ts";
import { createNotifications } from "./notifications.ts";
import { batteryRoutes } from "./routes.ts";
import { createBatteryService } from "./service.ts";
import { addBattery, emptyStation } from "./station.ts";

const options = z.strictObject({
  /** If true, `battery_booked` names the user in full. Masked by default, because anyone may subscribe. */
  exposeUser: z.boolean().default(false),
});

/** Battery-swap stations: anyone can watch their inventory, users book a battery and are notified when it is ready. */
export const battery = defineApp("battery", { options }, async (deps) => {
  const { collection, sequence, channel, routes, seed, clock, snapshot } = deps;
  const stations = await openStations(collection);
  const notifications = createNotifications(deps);
  const service = createBatteryService({
    stations,
    notifications,
    snapshot,
    // The demo's stations and batteries have ids up to 1,000; created ones get higher ids.
    nextStationId: sequence("stations", { startAfter: 1_000 }),
    nextBatteryId: sequence("batteries", { startAfter: 1_000 }),
    nextBookingId: sequence("battery_bookings"),
    clock,
    exposeUser: deps.options.exposeUser,
  });
  batteryChannels(channel, service, clock);
  routes(batteryRoutes(service, notifications));
  seed(async () => {
    await stations.ensure(demoStation(1, "Downtown Station", 1, 20));
    await stations.ensure(demoStation(2, "Airport Station", 21, 12));
  });
});

/** Returns a station with `count` batteries, whose ids start at `firstId`. */
function demoStation(id: number, name: string, firstId: number, count: number): Station {
  let station = emptyStation(id, name, "online");
  for (let i = 0; i < count; i++) station = addBattery(station, firstId + i, "Tesla Battery - Model 3");
  return station;
}
