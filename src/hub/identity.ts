/** The kinds of credential a channel can ask for. */
export type CredentialKind = "none" | "jwt" | "apiKey" | "wsToken";

/** What a user may do here, by a name; the server that is started says which names there are. */
export type Role = string;

/** Who a client is, as established at the door. Never holds the credential itself. */
export interface Identity {
  /** The user's id (`sub` of a JWT), the key's name for an API key, `anonymous` when the channel asks for nothing. */
  readonly userId: string;
  readonly role: Role | undefined;
  readonly email: string | undefined;
  /** What identifies the credential without revealing it (a JWT's `jti`, a hash): limits and logout go by it. */
  readonly credentialId: string;
  /** Milliseconds since the epoch at which the connection must end, if the credential says so. */
  readonly expiresAt: number | undefined;
}

export const ANONYMOUS: Identity = {
  userId: "anonymous",
  role: undefined,
  email: undefined,
  credentialId: "anonymous",
  expiresAt: undefined,
};

/** What turns a credential into an identity; `auth/` implements it. */
export interface Authenticator {
  /** Rejects with a `Refusal` when the credential is missing, bad, expired or revoked. */
  authenticate(kind: CredentialKind, credential: string | undefined): Promise<Identity>;
}
