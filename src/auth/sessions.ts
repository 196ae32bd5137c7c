import { randomBytes } from "node:crypto";
import type { Clock } from "../hub/clock.ts";
import { HubError, isError } from "../hub/errors.ts";
import type { Collection } from "../store/collection.ts";
import type { Session } from "./collections.ts";
import { sha256 } from "./digest.ts";

/** Lifetime of a refresh token in milliseconds. Each rotation starts it from the beginning. */
export const REFRESH_TOKEN_MS = 30 * 24 * 60 * 60 * 1000;

/** A new refresh token with its session. The token is returned once; only its hash is stored. */
export interface IssuedSession {
  /** The session's id, which access tokens carry as `fam`. It is no credential. */
  readonly family: string;
  readonly userId: string;
  readonly refreshToken: string;
}

export interface Sessions {
  /** Starts a session and returns its first refresh token. */
  begin(userId: string): Promise<IssuedSession>;
  /**
   * Exchanges a refresh token for a new one and invalidates the old. A token that was used before invalidates its whole
   * family, because somebody may have a stolen copy. Rejects with `HubError("unauthenticated")`.
   */
  rotate(refreshToken: string): Promise<IssuedSession>;
  /** Ends a session, which invalidates all its refresh tokens. Does nothing if the session does not exist. */
  end(family: string): Promise<void>;
}

/**
 * Creates the sessions. A refresh token is `<shared>.<own>`. The family is found by the hash of the first part, which
 * its tokens share, and the token is checked by the hash of the whole. So a reuse is detected without a list of used
 * tokens: it is any token of the family but the newest. A token cannot be forged from the family's id.
 */
export function createSessions(collection: Collection<Session, "byExpiry">, clock: Clock): Sessions {
  return {
    async begin(userId) {
      const shared = randomBytes(16).toString("base64url");
      const refreshToken = nextToken(shared);
      const family = sha256(shared);
      const expiresAt = clock.now() + REFRESH_TOKEN_MS;
      await collection.insert({ id: family, userId, tokenHash: sha256(refreshToken), compromised: false, expiresAt });
      return { family, userId, refreshToken };
    },

    async rotate(presented) {
      const shared = presented.slice(0, Math.max(presented.indexOf("."), 0));
      const family = sha256(shared);
      const presentedHash = sha256(presented);
      const refreshToken = nextToken(shared);
      const userId = await collection
        .modify(family, (session) => {
          if (session.compromised || session.expiresAt <= clock.now()) throw invalid();
          if (session.tokenHash !== presentedHash)
            return { next: { ...session, compromised: true }, result: undefined };
          const expiresAt = clock.now() + REFRESH_TOKEN_MS;
          return { next: { ...session, tokenHash: sha256(refreshToken), expiresAt }, result: session.userId };
        })
        .catch((error: unknown) => {
          throw isError(error, "not_found") ? invalid() : error;
        });
      if (userId === undefined) throw invalid();
      return { family, userId, refreshToken };
    },

    async end(family) {
      await collection.remove(family);
    },
  };
}

function nextToken(shared: string): string {
  return `${shared}.${randomBytes(32).toString("base64url")}`;
}

/**
 * Returns the same error for every reason, so that an answer does not distinguish a used token from an invented one.
 */
function invalid(): HubError {
  return new HubError("unauthenticated", "Invalid refresh token");
}
