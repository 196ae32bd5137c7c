import type { App } from "../../src/app.ts";
import { DEMO, DEMO_USERS } from "../../src/apps/demo-users.ts";
import { SERVED } from "../../src/apps/index.ts";
import type { ConfigFile } from "../../src/config.ts";
import * as testing from "../../src/testing/index.ts";
import { startMongo } from "./mongo.ts";

export type DemoUserName = keyof typeof DEMO_USERS;
export type { Answer } from "../../src/testing/index.ts";

/** A hub with the demo data. */
export type TestHub = testing.TestHub<DemoUserName>;

/** How long hubs wait before they write, where their spec does not say: `scripts/test/main.ts` runs specs again with others. */
const { COALESCE_MS } = process.env;
const WINDOW: ConfigFile = COALESCE_MS === undefined ? {} : { coalesceMs: Number(COALESCE_MS) };

/** Starts a hub with all apps; `mongo`: on MongoDB (or what stands in for it) instead of the embedded database. */
export async function startHub(
  settings: { mongo?: boolean; file?: ConfigFile; env?: Record<string, string>; apps?: readonly App[] } = {},
): Promise<TestHub> {
  const { apps = SERVED.apps } = settings;
  const env = { ...settings.env };
  let stopMongo = async (): Promise<void> => {};
  if (settings.mongo) {
    const mongo = await startMongo();
    if ("skipped" in mongo) throw new Error(mongo.skipped);
    env.MONGODB_URL = mongo.url;
    stopMongo = mongo.stop;
  }
  const file = { ...WINDOW, ...settings.file };
  const hub = await testing.startHub({ ...SERVED, demo: { ...DEMO, users: DEMO_USERS }, apps, file, env });
  return {
    ...hub,
    async stop() {
      await hub.stop();
      await stopMongo();
    },
  };
}
