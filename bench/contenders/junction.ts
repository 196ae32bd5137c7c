import { SERVED } from "../../src/apps/index.ts";
import { loadConfig } from "../../src/config.ts";
import { startJunction } from "../../src/junction.ts";
import { createLog } from "../../src/observability/log.ts";
import { bench, message } from "./bench-app.ts";
import { serveControl } from "./control.ts";
import { notes } from "./notes-app.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { settingsOf } from "./settings.ts";

/**
 * A worker as `npm start` runs it, with all apps and those of the benchmark. It logs warnings and errors, but no
 * request.
 */
const settings = settingsOf(process.argv);
const apps = [...SERVED.apps, bench, notes].map((app) => (settings.oneAtATime ? oneAtATime(app) : app));
const { MONGODB_URL, BENCH_JWT_SECRET } = process.env;
const config = loadConfig(
  {
    PORT: "0",
    HUB_WORKER: `w${settings.worker}`,
    HUB_DATA_DIR: settings.folder,
    REDIS_URL: settings.redisUrl,
    JWT_SECRET: BENCH_JWT_SECRET,
    MONGODB_URL,
  },
  { logLevel: "warn", ...(settings.coalesceMs !== undefined && { coalesceMs: settings.coalesceMs }) },
  apps,
);
const log = createLog({ level: config.logLevel, worker: config.worker });
const { hub, doors } = await startJunction({ ...config, seedDemo: false }, { ...SERVED, log, apps });

await serveControl(doors[0]?.port ?? 0, (room, payloads) => {
  for (const payload of payloads) hub.broadcast(message(room, "note", payload));
});
