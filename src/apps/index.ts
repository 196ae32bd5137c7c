import type { App, Role } from "junction-hub";
import { battery } from "./battery/app.ts";
import { bookings } from "./bookings/app.ts";
import { DEMO } from "./demo-users.ts";
import { events } from "./events/app.ts";
import { parking } from "./parking/app.ts";
import { vehicles } from "./vehicles/app.ts";

/** Every app that this hub serves. To add one, add a folder and a line here. */
export const APPS: readonly App[] = [vehicles, battery, events, bookings, parking];

/** Roles of users. A token without a role is that of a customer. */
export const ROLES = ["customer", "technician", "operator", "admin"] as const satisfies readonly Role[];

/** Options that the server is started with. */
export const SERVED = { apps: APPS, roles: ROLES, demo: DEMO };
