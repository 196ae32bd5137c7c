/** The kinds of credential a channel can ask for. */
export type CredentialKind = "none" | "jwt" | "apiKey" | "wsToken";

/** The name of a user's rights. The server declares the names. */
export type Role = string;

/** The user that a credential stands for. It never holds the credential itself. */
export interface Identity {
  /** The user's id (`sub` of a JWT), the name of an API key, or `anonymous` on a channel without a credential. */
  readonly userId: string;
  readonly role: Role | undefined;
  readonly email: string | undefined;
  /** Identifies the credential without revealing it: a JWT's `jti`, or a hash. Limits and logout use it. */
  readonly credentialId: string;
  /** The time at which the connection must end; epoch milliseconds. Absent: the credential does not expire. */
  readonly expiresAt: number | undefined;
}

export const ANONYMOUS: Identity = {
  userId: "anonymous",
  role: undefined,
  email: undefined,
  credentialId: "anonymous",
  expiresAt: undefined,
};

/** The check of credentials; `auth/` implements it. */
export interface Authenticator {
  /** Resolves to the identity. Rejects with a `Refusal` when the credential is missing, invalid, expired or revoked. */
  authenticate(kind: CredentialKind, credential: string | undefined): Promise<Identity>;
}
