import type { Clock } from "../hub/clock.ts";
import { HubError } from "../hub/errors.ts";
import type { Identity } from "../hub/identity.ts";
import type { Limits } from "../hub/limits.ts";
import type { AuthCollections, User } from "./collections.ts";
import { sha256 } from "./digest.ts";
import { verifyPassword } from "./passwords.ts";
import type { IssuedSession, Sessions } from "./sessions.ts";
import { ACCESS_TOKEN_SECONDS, type TokenIdentity, type TokenIssuer } from "./tokens.ts";
import { WS_TOKEN_SECONDS } from "./ws-tokens.ts";

export interface TokenPair {
  readonly access_token: string;
  readonly token_type: "Bearer";
  /** Seconds that the access token lives. */
  readonly expires_in: number;
  readonly refresh_token: string;
}

export interface LoginAttempt {
  readonly phone: string;
  readonly password: string;
  /** The client's network address. */
  readonly address: string;
}

/** Login attempts that a phone number has from one address within a minute, successful ones included. */
const LOGIN_TRIES = 5;
const LOGIN_WINDOW_MS = 60_000;

/** Creates the service that logs in the users of this hub and refreshes their tokens. */
export function createLoginService(deps: {
  readonly users: AuthCollections["users"];
  readonly sessions: Sessions;
  readonly issueToken: TokenIssuer;
  readonly limits: Limits;
}) {
  const { users, sessions, issueToken, limits } = deps;

  return {
    /**
     * Logs a user in. Rejects with `HubError("unauthenticated")`, the same for every reason, or
     * `HubError("rate_limited")`.
     */
    async login({ phone, password, address }: LoginAttempt): Promise<{ pair: TokenPair; user: User }> {
      // Hashed, because keys of limits appear in logs and tools, where phone numbers must not.
      const key = `login:${sha256(`${phone} ${address}`)}`;
      if (!(await limits.attempt(key, LOGIN_TRIES, LOGIN_WINDOW_MS))) {
        throw new HubError("rate_limited", "Too many login attempts, try again in a minute");
      }
      const [user] = await users.find("byPhone", { equals: [phone], limit: 1 });
      const matches = await verifyPassword(user?.passwordHash, password);
      if (!user || !matches) throw new HubError("unauthenticated", "Wrong phone or password");
      return { pair: await pairFor(user, await sessions.begin(user.id)), user };
    },

    /** Returns a new pair and invalidates the presented refresh token. Rejects with `HubError("unauthenticated")`. */
    async refresh(refreshToken: string): Promise<TokenPair> {
      const session = await sessions.rotate(refreshToken);
      const user = await users.get(session.userId);
      if (!user) throw new HubError("unauthenticated", "Invalid refresh token");
      return pairFor(user, session);
    },
  };

  async function pairFor(user: User, { family, refreshToken }: IssuedSession): Promise<TokenPair> {
    return {
      access_token: await issueToken(user, family),
      token_type: "Bearer",
      expires_in: ACCESS_TOKEN_SECONDS,
      refresh_token: refreshToken,
    };
  }
}

export type LoginService = ReturnType<typeof createLoginService>;

/** Logs out the bearer of an access token: any token that the hub accepts, of any issuer. */
export type Logout = (identity: Identity) => Promise<void>;

/** Creates the logout. `onRevoked` is called once the revocation is stored, so that later checks of the token fail. */
export function createLogout(deps: {
  readonly revocations: AuthCollections["revocations"];
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly onRevoked: (credentialId: string) => void | Promise<void>;
}): Logout {
  const { revocations, sessions, clock, onRevoked } = deps;

  return async (identity) => {
    const { credentialId, expiresAt = clock.now() + ACCESS_TOKEN_SECONDS * 1000 } = identity;
    // A ws token issued for it may expire later than itself, and is revoked by the same entry.
    const keptUntil = Math.max(expiresAt, clock.now() + WS_TOKEN_SECONDS * 1000);
    await revocations.ensure({ id: sha256(credentialId), expiresAt: keptUntil });
    const family = (identity as Partial<TokenIdentity>).family;
    if (family !== undefined) await sessions.end(family);
    await onRevoked(credentialId);
  };
}
