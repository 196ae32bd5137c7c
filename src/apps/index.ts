import type { App } from "../app.ts";
import { battery } from "./battery/app.ts";
import { bookings } from "./bookings/app.ts";
import { events } from "./events/app.ts";
import { parking } from "./parking/app.ts";
import { vehicles } from "./vehicles/app.ts";

/** Every app that the hub serves. A new one is a new folder and a line here. */
export const APPS: readonly App[] = [vehicles, battery, events, bookings, parking];
