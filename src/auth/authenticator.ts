import { Refusal } from "../hub/disconnects.ts";
import { ANONYMOUS, type Authenticator, type Identity } from "../hub/identity.ts";
import type { AuthCollections } from "./collections.ts";
import { sha256 } from "./digest.ts";
import type { TokenVerifier } from "./tokens.ts";

/** Who holds an opaque ws token; `undefined` for one that is unknown or expired. */
export type WsTokenVerifier = (token: string) => Promise<Identity | undefined>;

export interface AuthenticatorOptions {
  readonly verifyToken: TokenVerifier;
  readonly collections: Pick<AuthCollections, "revocations" | "apiKeys">;
  /** Absent: no ws token is good. */
  readonly verifyWsToken?: WsTokenVerifier;
}

/**
 * Turns credentials into identities. Beside its refusals it rejects with `HubError("unavailable")` while the database
 * or the key server cannot be asked: nobody is let in on a guess.
 */
export function createAuthenticator({ verifyToken, collections, verifyWsToken }: AuthenticatorOptions): Authenticator {
  const { revocations, apiKeys } = collections;

  const identify = {
    async jwt(token: string): Promise<Identity> {
      const identity = await verifyToken(token);
      if (await revocations.get(sha256(identity.credentialId))) throw new Refusal("invalid_token");
      return identity;
    },

    async apiKey(key: string): Promise<Identity> {
      const id = sha256(key);
      const known = await apiKeys.get(id);
      if (!known) throw new Refusal("invalid_api_key");
      return { userId: known.name, role: undefined, email: undefined, credentialId: id, expiresAt: undefined };
    },

    async wsToken(token: string): Promise<Identity> {
      const identity = await verifyWsToken?.(token);
      if (!identity) throw new Refusal("invalid_token");
      return identity;
    },
  };

  return {
    async authenticate(kind, credential) {
      if (kind === "none") return ANONYMOUS;
      if (!credential) throw new Refusal("authentication_required");
      return identify[kind](credential);
    },
  };
}
