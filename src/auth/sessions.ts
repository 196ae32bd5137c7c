import { randomBytes } from "node:crypto";
import type { Clock } from "../hub/clock.ts";
import { HubError, isError } from "../hub/errors.ts";
import type { Collection } from "../store/collection.ts";
import type { Session } from "./collections.ts";
import { sha256 } from "./digest.ts";

/** How long a refresh token lives, in milliseconds; each rotation starts anew. */
export const REFRESH_TOKEN_MS = 30 * 24 * 60 * 60 * 1000;

/** A refresh token as it is handed out, once; only its hash is kept. */
export interface IssuedSession {
  /** The session's id, which access tokens carry as `fam`. It opens nothing. */
  readonly family: string;
  readonly userId: string;
  readonly refreshToken: string;
}

export interface Sessions {
  /** A new session with its first refresh token. */
  begin(userId: string): Promise<IssuedSession>;
  /**
   * A new refresh token for the one presented, which is dead from then on. One that was used before kills its whole
   * family, since either its holder or somebody else holds a copy. Rejects with `HubError("unauthenticated")`.
   */
  rotate(refreshToken: string): Promise<IssuedSession>;
  /** Ends a session: none of its refresh tokens is good any more. Does nothing where there is none. */
  end(family: string): Promise<void>;
}

/**
 * A refresh token is `<shared>.<own>`: the family is found by the hash of the first part, which its tokens share, and
 * is checked by the hash of the whole. So a token of the family that is not its newest is known as a reuse without a
 * list of the used ones, and knowing a family's id is not enough to make up such a token.
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

/** One text for every reason: an answer must not tell a used token from one that never was. */
function invalid(): HubError {
  return new HubError("unauthenticated", "Invalid refresh token");
}
