import type { RequestListener } from "node:http";
import cors from "cors";
import express, { type Express } from "express";
import helmet from "helmet";
import type { Channel } from "../hub/channel.ts";
import type { Commands } from "../hub/commands.ts";
import { HubError } from "../hub/errors.ts";
import type { Authenticator } from "../hub/identity.ts";
import type { Route } from "../hub/route.ts";
import type { Log } from "../observability/log.ts";
import type { DescribedDoor } from "./description/asyncapi.ts";
import { DESCRIPTION_PATHS, mountDescription } from "./description/description.ts";
import { HEALTH_PATHS, type Health, mountHealth } from "./health.ts";
import { type MetricsAccess, mountMetrics } from "./metrics.ts";
import { expressPath, mountRoutes } from "./mount.ts";
import { answerProblems, HttpError } from "./problem.ts";
import { logRequests } from "./request-log.ts";

export interface HttpOptions {
  readonly routes: readonly Route[];
  /** The channels, and with `doors` their ports: for the description alone, which is made at its first request. */
  readonly channels: readonly Channel[];
  readonly doors: () => readonly DescribedDoor[];
  readonly authenticator: Authenticator;
  readonly commands: Commands;
  readonly log: Log;
  readonly health: Health;
  readonly metrics?: MetricsAccess;
  /** Origins whose pages may call the API. Credentials travel in headers, never in cookies. */
  readonly origins: "*" | readonly string[];
  /**
   * Proxies whose `X-Forwarded-For` is trusted, in the form of Express's `trust proxy` (`loopback`, addresses,
   * subnets), or the number of proxies if they have no addresses. Absent: none, so that a client's address is that of
   * its socket. Limits by address depend on it.
   */
  readonly trustedProxies?: string | number | undefined;
}

/**
 * Creates the HTTP side of a worker, as a listener for Node's own server. Throws when two routes claim the same method
 * and path.
 */
export function createHttpApp({
  routes,
  channels,
  doors,
  authenticator,
  commands,
  log,
  health,
  metrics,
  origins,
  trustedProxies,
}: HttpOptions): RequestListener {
  const app = express();
  app.set("etag", false);
  app.set("trust proxy", trustedProxies ?? false);
  app.use(logRequests(log));
  app.use(helmet());
  const exposedHeaders = ["X-Request-Id", "Retry-After", "Idempotency-Replayed"];
  app.use(cors({ origin: origins === "*" ? "*" : [...origins], exposedHeaders }));
  mountHealth(app, health);
  if (metrics) mountMetrics(app, metrics);
  mountDescription(app, { routes, channels, doors });
  mountRoutes(app, routes, authenticator, commands);
  refuseTheRest(app, methodsByPath(routes));
  app.use(answerProblems(log));
  return app;
}

function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const methods = new Map<string, string[]>([...HEALTH_PATHS, ...DESCRIPTION_PATHS].map((path) => [path, ["GET"]]));
  for (const { method, path } of routes) {
    const known = methods.get(expressPath(path)) ?? [];
    if (known.includes(method.toUpperCase())) throw new Error(`two routes claim ${method.toUpperCase()} ${path}`);
    methods.set(expressPath(path), [...known, method.toUpperCase()]);
  }
  return methods;
}

/** Answers a request that no route took: 405 with the methods of the paths that match, else 404. */
function refuseTheRest(app: Express, methods: ReadonlyMap<string, readonly string[]>): void {
  for (const [path, known] of methods) {
    app.all(path, (_request, response, next) => {
      response.locals.allowed = [...((response.locals.allowed as string[] | undefined) ?? []), ...known];
      next();
    });
  }
  app.use((_request, response) => {
    const allowed = response.locals.allowed as string[] | undefined;
    if (!allowed) throw new HubError("not_found");
    if (allowed.includes("GET")) allowed.push("HEAD");
    response.set("Allow", allowed.join(", "));
    throw new HttpError("method_not_allowed");
  });
}
