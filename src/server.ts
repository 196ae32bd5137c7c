/** The public face for servers of apps: starts one worker in this process. */
export type { Demo, DemoUser } from "./auth/demo.ts";
export { type Config, type ConfigFile, type DoorConfig, defineConfig, loadConfig } from "./config.ts";
export { type Junction, type JunctionOptions, startJunction } from "./junction.ts";
export { createLog, type Log } from "./observability/log.ts";
