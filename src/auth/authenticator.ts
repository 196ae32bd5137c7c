import { Refusal } from "../hub/disconnects.ts";
import { ANONYMOUS, type Authenticator, type Identity } from "../hub/identity.ts";
import type { AuthCollections } from "./collections.ts";
import { sha256 } from "./digest.ts";
import type { TokenVerifier } from "./tokens.ts";
import type { WsTokens } from "./ws-tokens.ts";

export interface AuthenticatorOptions {
  readonly verifyToken: TokenVerifier;
  readonly collections: Pick<AuthCollections, "revocations" | "apiKeys">;
  readonly wsTokens: Pick<WsTokens, "verify">;
}

/**
 * Creates the authenticator, which resolves credentials to identities. It rejects with a `Refusal` for a bad
 * credential, and with `HubError("unavailable")` while the database or the key server is unreachable: no client is
 * admitted unchecked.
 */
export function createAuthenticator({ verifyToken, collections, wsTokens }: AuthenticatorOptions): Authenticator {
  const { revocations, apiKeys } = collections;

  async function unlessRevoked(identity: Identity): Promise<Identity> {
    if (await revocations.get(sha256(identity.credentialId))) throw new Refusal("invalid_token");
    return identity;
  }

  const identify = {
    async jwt(token: string): Promise<Identity> {
      return unlessRevoked(await verifyToken(token));
    },

    async apiKey(key: string): Promise<Identity> {
      const id = sha256(key);
      const known = await apiKeys.get(id);
      if (!known) throw new Refusal("invalid_api_key");
      return { userId: known.name, role: undefined, email: undefined, credentialId: id, expiresAt: undefined };
    },

    async wsToken(token: string): Promise<Identity> {
      const identity = await wsTokens.verify(token);
      if (!identity) throw new Refusal("invalid_token");
      return unlessRevoked(identity);
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
