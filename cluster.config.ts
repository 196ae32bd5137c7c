import { defineConfig } from "./src/config.ts";

/**
 * What this deployment consists of. Everything has a default; the environment wins over what stands here.
 * The options are documented in src/config.ts.
 */
export default defineConfig({
  doors: [
    { port: 3000, apps: ["vehicles", "events"] },
    { port: 5000, apps: ["bookings"] },
    { port: 8000, apps: ["battery", "parking"] },
  ],
});
