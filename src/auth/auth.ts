import type { Clock } from "../hub/clock.ts";
import { every } from "../hub/clock.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Authenticator } from "../hub/identity.ts";
import type { Limits } from "../hub/limits.ts";
import type { Route } from "../hub/route.ts";
import type { Store } from "../store/collection.ts";
import { createAuthenticator } from "./authenticator.ts";
import { openCollections, sweep } from "./collections.ts";
import { type Demo, seedDemo } from "./demo.ts";
import type { ExpiringValues } from "./expiring-values.ts";
import { loginRoutes, logoutRoute } from "./routes.ts";
import type { Secrets } from "./secrets.ts";
import { createLoginService, createLogout } from "./service.ts";
import { createSessions } from "./sessions.ts";
import { createTokenIssuer, createTokenVerifier, type Roles } from "./tokens.ts";
import { createWsTokens, wsTokenRoute } from "./ws-tokens.ts";

export interface AuthOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Store of the ws tokens. */
  readonly expiringValues: ExpiringValues;
  /** From `resolveSecrets`. Without a signing key the hub has no login routes: the identity provider signs users in. */
  readonly secrets: Secrets;
  readonly roles: Roles;
  /** Called when a token was logged out. It has to close the token's sockets on every worker. */
  readonly onRevoked: (credentialId: string) => void | Promise<void>;
  /** Receives a `fault` for failures that no client waits for. */
  readonly events: HubEvents;
}

export interface Auth {
  readonly authenticator: Authenticator;
  readonly routes: readonly Route[];
  /** Creates the demo users and the demo API key where they are missing. */
  seedDemo(demo: Demo): Promise<void>;
  /** Stops the sweeping. Resolves when the store is no longer used. */
  stop(): Promise<void>;
}

/** Milliseconds between two removals of expired sessions and revocations. */
const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

/** Opens the collections of `auth/` and creates its authenticator and its routes. Rejects as the store does. */
export async function startAuth(options: AuthOptions): Promise<Auth> {
  const { store, clock, limits, secrets, roles, onRevoked, events } = options;
  const collections = await openCollections(store);
  const { users, revocations } = collections;
  const sessions = createSessions(collections.sessions, clock);
  const wsTokens = createWsTokens(options.expiringValues);

  const routes = [wsTokenRoute(wsTokens), logoutRoute(createLogout({ revocations, sessions, clock, onRevoked }))];
  if (secrets.signingKey) {
    const issueToken = createTokenIssuer(secrets.signingKey, clock);
    routes.push(...loginRoutes(createLoginService({ users, sessions, issueToken, limits }), roles));
  }

  return {
    authenticator: createAuthenticator({
      verifyToken: createTokenVerifier({ ...secrets, roles }, clock, events),
      collections,
      wsTokens,
    }),
    routes,
    seedDemo: (demo) => seedDemo(collections, demo),
    stop: every(clock, SWEEP_INTERVAL_MS, async () => {
      await sweep(collections, clock.now()).catch((error: unknown) => {
        events.emit("fault", { where: "sweeping expired sessions", error });
      });
    }),
  };
}
