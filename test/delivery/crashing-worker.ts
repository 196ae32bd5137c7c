// A worker as bin/worker.ts starts it, which kills itself when it passes a fault point the given number of times: `written 1`.
import { setTimeout as sleep } from "node:timers/promises";
import { SERVED } from "../../src/apps/index.ts";
import { loadConfig } from "../../src/config.ts";
import { startJunction } from "../../src/junction.ts";
import { createLog } from "../../src/observability/log.ts";

const [point, times = "1"] = process.argv.slice(2);
const config = loadConfig(process.env, undefined, SERVED.apps);
let passed = 0;

await startJunction(config, {
  ...SERVED,
  log: createLog({ level: "error", worker: config.worker }),
  faultPoint(name) {
    if (name !== point || ++passed < Number(times)) return;
    process.kill(process.pid, "SIGKILL");
  },
});
process.send?.("started");
process.once("disconnect", () => process.exit());
await sleep(2 ** 31 - 1);
