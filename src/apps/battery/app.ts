import type { App } from "../../app.ts";
import { batteryChannels } from "./channel.ts";
import { type Station, stationCollection } from "./collections.ts";
import { createNotifications } from "./notifications.ts";
import { batteryRoutes } from "./routes.ts";
import { createBatteryService } from "./service.ts";
import { addBattery, emptyStation } from "./station.ts";

/** Battery-swap stations: everybody sees what they hold, users book a battery and are told when it is ready. */
export const battery: App = {
  name: "battery",
  async start({ store, clock, config, publish, snapshot }) {
    const stations = await store.collection(stationCollection);
    const notifications = createNotifications({ log: store.log, publish, clock });
    // The demo's stations and batteries have low ids; those that are created come after them.
    const nextId = (sequence: string) => async (): Promise<number> => 1_000 + (await store.next(sequence));
    const service = createBatteryService({
      stations,
      notifications,
      snapshot,
      nextStationId: nextId("stations"),
      nextBatteryId: nextId("batteries"),
      nextBookingId: () => store.next("battery_bookings"),
      clock,
      exposeUser: config.battery.exposeUser,
    });
    return {
      channels: batteryChannels(service, clock),
      routes: batteryRoutes(service, notifications),
      async seed() {
        await stations.ensure(demoStation(1, "Downtown Station", 1, 20));
        await stations.ensure(demoStation(2, "Airport Station", 21, 12));
      },
    };
  },
};

/** A station with `count` batteries, whose ids begin with `firstId`. */
function demoStation(id: number, name: string, firstId: number, count: number): Station {
  let station = emptyStation(id, name, "online");
  for (let i = 0; i < count; i++) station = addBattery(station, firstId + i, "Tesla Battery - Model 3");
  return station;
}
