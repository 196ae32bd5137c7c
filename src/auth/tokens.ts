import { type KeyObject, randomUUID } from "node:crypto";
import { createRemoteJWKSet, decodeProtectedHeader, errors, type JWTVerifyGetKey, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Clock } from "../hub/clock.ts";
import { Refusal } from "../hub/disconnects.ts";
import { HubError } from "../hub/errors.ts";
import type { HubEvents } from "../hub/events.ts";
import type { Identity, Role } from "../hub/identity.ts";
import { sha256 } from "./digest.ts";
import type { Secrets } from "./secrets.ts";

/** Lifetime of an access token in seconds. */
export const ACCESS_TOKEN_SECONDS = 30 * 60;

/** The identity in an access token. */
export interface TokenIdentity extends Identity {
  readonly expiresAt: number;
  /** The session of the token; `undefined` unless it came from a login to this hub. */
  readonly family: string | undefined;
}

/**
 * Checks an access token. Rejects with `Refusal("invalid_token")`, or `HubError("unavailable")` when keys are
 * unavailable.
 */
export type TokenVerifier = (token: string) => Promise<TokenIdentity>;

/** Signs an access token for a user of this hub. */
export type TokenIssuer = (user: { id: string; role: Role; email: string }, family: string) => Promise<string>;

/** Most characters of a token. Longer ones are refused unparsed; they would not fit the headers of a request anyway. */
const LONGEST_TOKEN = 8_192;

/** The last second that a `Date` can express, in seconds since the epoch. Later times are not exact. */
const LAST_SECOND = 8.64e12;

/** Algorithms for keys of the JWKS. Public-key ones only: a published key must never be used as a shared secret. */
const ASYMMETRIC = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** Roles of users. A token without a role gets the first. */
export type Roles = readonly [Role, ...Role[]];

/** The claims that are read from a verified token, except its role. Other claims are ignored. */
const claimsSchema = z.object({
  sub: z.string().min(1).max(256),
  email: z.string().max(320).optional().catch(undefined),
  exp: z.number().positive().max(LAST_SECOND),
  jti: z.string().min(1).max(256).optional(),
  fam: z.string().optional().catch(undefined),
});

export function createTokenIssuer(signingKey: KeyObject, clock: Clock): TokenIssuer {
  return ({ id, role, email }, family) =>
    new SignJWT({ role, email, fam: family })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(id)
      .setJti(randomUUID())
      .setExpirationTime(Math.floor(clock.now() / 1000) + ACCESS_TOKEN_SECONDS)
      .sign(signingKey);
}

/**
 * Creates a verifier for tokens signed with the shared key, with a key of the JWKS, or with either if both are set.
 * Emits a `fault` event with the reason when the keys of the JWKS are unavailable.
 */
export function createTokenVerifier(
  { signingKey, jwksUrl, roles }: Secrets & { readonly roles: Roles },
  clock: Clock,
  events: HubEvents,
): TokenVerifier {
  const schema = claimsSchema.extend({ role: z.enum(roles).default(roles[0]) });
  const publicKeys = jwksUrl && remoteKeys(jwksUrl, events);

  return async (token) => {
    try {
      if (token.length > LONGEST_TOKEN) throw new Refusal("invalid_token");
      const claims = schema.safeParse(await verifySignature(token));
      if (!claims.success) throw new Refusal("invalid_token");
      return identityOf(claims.data, token);
    } catch (error) {
      throw error instanceof errors.JOSEError ? new Refusal("invalid_token") : error;
    }
  };

  async function verifySignature(token: string): Promise<unknown> {
    const options = { currentDate: new Date(clock.now()) };
    const { alg } = readHeader(token);
    // Each kind of key accepts its own algorithms only. The header of a token only selects the kind.
    if (signingKey && alg === "HS256") {
      return (await jwtVerify(token, signingKey, { ...options, algorithms: ["HS256"] })).payload;
    }
    if (publicKeys) return (await jwtVerify(token, publicKeys, { ...options, algorithms: ASYMMETRIC })).payload;
    throw new Refusal("invalid_token");
  }
}

function identityOf(claims: z.output<typeof claimsSchema> & { readonly role: Role }, token: string): TokenIdentity {
  return {
    userId: claims.sub,
    role: claims.role,
    email: claims.email,
    credentialId: claims.jti ?? sha256(token),
    expiresAt: Math.floor(claims.exp * 1000),
    family: claims.fam,
  };
}

function readHeader(token: string): { alg?: unknown } {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new Refusal("invalid_token");
  }
}

/**
 * Fetches keys from the JWKS. An unreachable key server is reported as `unavailable`, not as a bad token, so clients
 * retry.
 */
function remoteKeys(url: URL, events: HubEvents): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url);
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      events.emit("fault", { where: "fetching the keys at JWKS_URL", error });
      throw new HubError("unavailable");
    }
  };
}
