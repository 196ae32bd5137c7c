import { defineConfig } from "./src/config.ts";

/**
 * The settings of this deployment. Each has a default. The environment overrides this file.
 * The options are documented in src/config.ts.
 */
export default defineConfig({
  doors: [
    { port: 3000, apps: ["vehicles", "events"] },
    { port: 5000, apps: ["bookings"] },
    { port: 8000, apps: ["battery", "parking"] },
  ],
});
