import type { App } from "./app.ts";
import { events } from "./events/app.ts";
import { vehicles } from "./vehicles/app.ts";

/** Every app that the hub serves. A new one is a new folder and a line here. */
export const APPS: readonly App[] = [vehicles, events];
