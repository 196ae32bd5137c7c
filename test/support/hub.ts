import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SignJWT } from "jose";
import type { App } from "../../src/app.ts";
import { APPS } from "../../src/apps/index.ts";
import { DEMO_API_KEY, DEMO_USERS } from "../../src/auth/demo.ts";
import { type Config, type ConfigFile, loadConfig } from "../../src/config.ts";
import type { Channel } from "../../src/hub/channel.ts";
import type { Hub } from "../../src/hub/hub.ts";
import { startJunction } from "../../src/junction.ts";
import { createLog } from "../../src/observability/log.ts";
import type { Store } from "../../src/store/collection.ts";
import { ManualClock } from "./manual-clock.ts";
import { startMongo } from "./mongo.ts";

const JWT_SECRET = "a secret that only these tests know, long enough";

export type DemoUserName = keyof typeof DEMO_USERS;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; `{}` where there is none. */
  readonly body: Record<string, unknown>;
}

/** A whole hub in this process, with a door of its own per port, the demo data and a clock that stands still. */
export interface TestHub {
  readonly hub: Hub;
  readonly store: Store;
  readonly channels: readonly Channel[];
  readonly clock: ManualClock;
  /** Base URLs of the doors, in the order of the configuration; by default one door with every app. */
  readonly urls: readonly string[];
  readonly url: string;
  /** What the log said, a line of JSON each, at level `debug`. */
  readonly lines: readonly string[];
  readonly apiKey: string;
  /** A JWT for a demo user, as anybody with the secret could have made it; `claims` replace or add. */
  token(user: DemoUserName, claims?: Record<string, unknown>): Promise<string>;
  /** An HTTP request with JSON, as a demo user, with the API key, or as nobody. */
  call(
    as: DemoUserName | "apiKey" | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  stop(): Promise<void>;
}

/** How long hubs wait before they write, where their spec does not say: `scripts/test/main.ts` runs specs again with others. */
const { COALESCE_MS } = process.env;
const WINDOW: ConfigFile = COALESCE_MS === undefined ? {} : { coalesceMs: Number(COALESCE_MS) };

/** `mongo`: on MongoDB (or what stands in for it) instead of the embedded database. */
export async function startHub(
  settings: { mongo?: boolean; file?: ConfigFile; env?: Record<string, string>; apps?: readonly App[] } = {},
): Promise<TestHub> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "junction-hub-"));
  const clock = new ManualClock();
  const lines: string[] = [];
  const env: Record<string, string> = { PORT: "0", HUB_DATA_DIR: dataDir, JWT_SECRET, ...settings.env };
  if (settings.file?.doors) delete env.PORT;
  const { apps = APPS } = settings;
  const names = apps.map(({ name }) => name);
  let stopMongo = async (): Promise<void> => {};
  if (settings.mongo) {
    const mongo = await startMongo();
    if ("skipped" in mongo) throw new Error(mongo.skipped);
    env.MONGODB_URL = mongo.url;
    stopMongo = mongo.stop;
  }
  const config: Config = { ...loadConfig(env, { ...WINDOW, ...settings.file }, names), seedDemo: true };
  const log = createLog({ level: "debug", worker: "w1", destination: { write: (line) => void lines.push(line) } });
  const junction = await startJunction(config, { log, clock, apps });
  const urls = junction.doors.map(({ port }) => `http://127.0.0.1:${port}`);

  async function token(user: DemoUserName, claims: Record<string, unknown> = {}): Promise<string> {
    const { id, role, email } = DEMO_USERS[user];
    const exp = Math.floor(clock.now() / 1000) + 1800;
    return new SignJWT({ sub: id, role, email, exp, jti: crypto.randomUUID(), ...claims })
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(JWT_SECRET));
  }

  return {
    hub: junction.hub,
    store: junction.store,
    channels: junction.channels,
    clock,
    urls,
    url: urls[0] ?? "",
    lines,
    apiKey: DEMO_API_KEY,
    token,
    async call(as, method, path, body, more = {}) {
      const headers: Record<string, string> = { ...more };
      if (as === "apiKey") headers["X-API-Key"] = DEMO_API_KEY;
      else if (as !== undefined) headers.Authorization = `Bearer ${await token(as)}`;
      if (body !== undefined) headers["Content-Type"] = "application/json";
      const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
      const response = await fetch(`${urls[0]}${path}`, init);
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
    },
    async stop() {
      await junction.close();
      await stopMongo();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
