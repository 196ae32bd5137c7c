import { defineApp, z } from "junction-hub";
import { batteryChannels } from "./channel.ts";
import { openStations, type Station } from "./collections.ts";
import { createNotifications } from "./notifications.ts";
import { batteryRoutes } from "./routes.ts";
import { createBatteryService } from "./service.ts";
import { addBattery, emptyStation } from "./station.ts";

const options = z.strictObject({
  /** Whether `battery_booked` names the user in full; anybody may listen, so by default it is masked. */
  exposeUser: z.boolean().default(false),
});

/** Battery-swap stations: everybody sees what they hold, users book a battery and are told when it is ready. */
export const battery = defineApp("battery", { options }, async (deps) => {
  const { collection, sequence, channel, routes, seed, clock, snapshot } = deps;
  const stations = await openStations(collection);
  const notifications = createNotifications(deps);
  const service = createBatteryService({
    stations,
    notifications,
    snapshot,
    // The demo's stations and batteries have low ids; those that are created come after them.
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

/** A station with `count` batteries, whose ids begin with `firstId`. */
function demoStation(id: number, name: string, firstId: number, count: number): Station {
  let station = emptyStation(id, name, "online");
  for (let i = 0; i < count; i++) station = addBattery(station, firstId + i, "Tesla Battery - Model 3");
  return station;
}
