import { createSecretKey } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { SignJWT } from "jose";
import { DEMO } from "../../src/apps/demo-users.ts";
import { ROLES } from "../../src/apps/index.ts";
import { type Auth, type AuthOptions, startAuth } from "../../src/auth/auth.ts";
import { localExpiringValues } from "../../src/auth/expiring-values.ts";
import { openCommands } from "../../src/commands/command-records.ts";
import type { ReadinessCheck } from "../../src/http/health.ts";
import { createHttpApp } from "../../src/http/server.ts";
import { systemClock } from "../../src/hub/clock.ts";
import { localLimits } from "../../src/hub/limits.ts";
import type { Route } from "../../src/hub/route.ts";
import { createLog, type Log } from "../../src/observability/log.ts";
import type { Store } from "../../src/store/collection.ts";
import { openEmbeddedStore } from "../../src/store/embedded/store.ts";
import type { Relay } from "../../src/store/writes/relay.ts";
import { faultsTo } from "./faults.ts";
import { ManualClock } from "./manual-clock.ts";

/** A real HTTP server on a free port. */
export async function listen(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The embedded store in a folder of its own. */
export async function temporaryStore(
  relay: Relay = async () => ({}),
): Promise<{ store: Store; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), "junction-test-"));
  const store = await openEmbeddedStore({ folder, relay, clock: systemClock });
  return {
    store,
    async remove() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const JWT_SECRET = "a secret that only these tests know, long enough";

export interface HttpSettings {
  /** Beside those of `auth/`. */
  readonly routes?: readonly Route[];
  readonly checks?: readonly ReadinessCheck[];
  readonly trustedProxies?: string;
  readonly origins?: readonly string[];
  readonly auth?: Partial<Pick<AuthOptions, "secrets" | "expiringValues">>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; `{}` where there is none. */
  readonly json: Record<string, unknown>;
}

export interface HttpTest {
  readonly url: string;
  readonly clock: ManualClock;
  readonly auth: Auth;
  readonly store: Store;
  readonly log: Log;
  /** The lines of the log, at level `trace`. */
  readonly lines: string[];
  /** Credential ids whose sockets were to be closed. */
  readonly revoked: string[];
  readonly faults: { where: string; error: unknown }[];
  /** A request; `body` that is not a string is sent as JSON. */
  send(method: string, path: string, request?: { headers?: Record<string, string>; body?: unknown }): Promise<Answer>;
  /** A JWT made with the secret by somebody who is not this hub. By default of a customer, good for ten minutes. */
  token(claims?: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

/** `auth/` and `http/` on the embedded store with the demo data, at a port of its own. */
export async function startHttp(settings: HttpSettings = {}): Promise<HttpTest> {
  const { store, remove } = await temporaryStore();
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = createLog({ level: "trace", worker: "w1", destination: { write: (line) => void lines.push(line) } });
  const revoked: string[] = [];
  const faults: HttpTest["faults"] = [];

  const events = faultsTo((where, error) => faults.push({ where, error }));
  const commands = await openCommands({ store, clock, events });
  const auth = await startAuth({
    store,
    clock,
    limits: localLimits(clock),
    expiringValues: localExpiringValues(clock),
    roles: ROLES,
    secrets: { signingKey: createSecretKey(Buffer.from(JWT_SECRET)), jwksUrl: undefined },
    onRevoked: (credentialId) => void revoked.push(credentialId),
    events,
    ...settings.auth,
  });
  await auth.seedDemo(DEMO);

  const server = await listen(
    createHttpApp({
      routes: [...auth.routes, ...(settings.routes ?? [])],
      channels: [],
      doors: () => [],
      authenticator: auth.authenticator,
      commands,
      log,
      origins: settings.origins ?? "*",
      health: { worker: "w1", checks: settings.checks ?? [], clock },
      ...(settings.trustedProxies !== undefined && { trustedProxies: settings.trustedProxies }),
    }),
  );

  return {
    url: server.url,
    clock,
    auth,
    store,
    log,
    lines,
    revoked,
    faults,
    async send(method, path, { headers = {}, body } = {}) {
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = text !== "" && response.headers.get("Content-Type")?.includes("json");
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
    },
    token: (claims = {}) =>
      new SignJWT({ sub: "somebody", role: "customer", exp: Math.floor(clock.now() / 1000) + 600, ...claims })
        .setProtectedHeader({ alg: "HS256" })
        .sign(Buffer.from(JWT_SECRET)),
    async stop() {
      await server.close();
      await auth.stop();
      await commands.stop();
      await remove();
    },
  };
}

/** The header that carries a JWT. */
export function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}
