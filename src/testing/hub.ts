import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SignJWT } from "jose";
import type { App } from "../app.ts";
import type { Demo, DemoUser } from "../auth/demo.ts";
import type { Roles } from "../auth/tokens.ts";
import { type ConfigFile, loadConfig } from "../config.ts";
import type { Channel } from "../hub/channel.ts";
import type { Hub } from "../hub/hub.ts";
import type { Role } from "../hub/identity.ts";
import { startJunction } from "../junction.ts";
import { createLog } from "../observability/log.ts";
import type { Store } from "../store/collection.ts";
import { ManualClock } from "./manual-clock.ts";

/** The secret with which the hubs of specs check tokens. */
export const testSecret = "a secret that only these tests know, long enough";

/** A user: a demo user by name, or any other by id. */
export type Somebody<U extends string> =
  | U
  | { readonly id: string; readonly role?: Role | undefined; readonly email?: string | undefined };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; `{}` for an empty one. */
  readonly body: Record<string, unknown>;
}

export interface HubSettings<U extends string = never> {
  readonly apps: readonly App[];
  /** Default: `user` and `admin`. */
  readonly roles?: Roles;
  /** Demo users and API key; with them the apps' demo data is created. Default: none. */
  readonly demo?: Demo & { readonly users: Readonly<Record<U, DemoUser>> };
  /** Options as in `cluster.config.ts`. Default: one door with every app, on a free port. */
  readonly file?: ConfigFile;
  readonly env?: Readonly<Record<string, string>>;
}

/** A complete hub in this process, with its own doors, its own data folder and a manual clock. */
export interface TestHub<U extends string = never> {
  readonly hub: Hub;
  readonly store: Store;
  readonly channels: readonly Channel[];
  readonly clock: ManualClock;
  /** Base URLs of the doors, in the order of the configuration. */
  readonly urls: readonly string[];
  /** The first of `urls`. */
  readonly url: string;
  /** Lines of the log at level `debug`, each a JSON object. */
  readonly lines: readonly string[];
  /** The API key of the demo; empty without one. */
  readonly apiKey: string;
  /** Signs a JWT for a user with the hub's secret. `claims` are added or replace its own. */
  token(user: Somebody<U>, claims?: Record<string, unknown>): Promise<string>;
  /** Sends an HTTP request with JSON, as a user, with the API key, or without a credential. */
  call(
    as: Somebody<U> | "apiKey" | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  stop(): Promise<void>;
}

/** Lifetime of a token in seconds. */
const TOKEN_SECONDS = 1_800;

/** Starts a hub with the apps of the settings on the embedded database. */
export async function startHub<U extends string = never>(settings: HubSettings<U>): Promise<TestHub<U>> {
  const { apps, roles = ["user", "admin"], demo, file = {} } = settings;
  const dataDir = await mkdtemp(path.join(tmpdir(), "junction-hub-"));
  const clock = new ManualClock();
  const lines: string[] = [];
  const port = file.doors ? {} : { PORT: "0" };
  const env = { ...port, HUB_DATA_DIR: dataDir, JWT_SECRET: testSecret, ...settings.env };
  const config = { ...loadConfig(env, file, apps), seedDemo: demo !== undefined };
  const log = createLog({ level: "debug", worker: "w1", destination: { write: (line) => void lines.push(line) } });
  const junction = await startJunction(config, { log, clock, apps, roles, ...(demo && { demo }) });
  const urls = junction.doors.map(({ port }) => `http://127.0.0.1:${port}`);
  const url = urls[0] ?? "";
  const apiKey = demo?.apiKey ?? "";

  async function token(user: Somebody<U>, claims: Record<string, unknown> = {}): Promise<string> {
    const { id, role, email } = typeof user === "string" ? demoUser(user) : user;
    const exp = Math.floor(clock.now() / 1000) + TOKEN_SECONDS;
    return new SignJWT({ sub: id, role, email, exp, jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(testSecret));
  }

  function demoUser(name: U): DemoUser {
    const user: DemoUser | undefined = demo?.users[name];
    if (!user) throw new Error(`there is no demo user "${name}"`);
    return user;
  }

  return {
    hub: junction.hub,
    store: junction.store,
    channels: junction.channels,
    clock,
    urls,
    url,
    lines,
    apiKey,
    token,
    async call(as, method, path, body, more = {}) {
      const headers: Record<string, string> = { ...more };
      if (as === "apiKey") headers["X-API-Key"] = apiKey;
      else if (as !== undefined) headers.Authorization = `Bearer ${await token(as as Somebody<U>)}`;
      if (body !== undefined) headers["Content-Type"] = "application/json";
      const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) ?? null });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
    },
    async stop() {
      await junction.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
