import { z } from "zod";
import { type Collection, defineCollection, type Store } from "../store/collection.ts";
import { removeExpired } from "../store/remove-expired.ts";

/** Users that can log in. A JWT needs no record here: its signature vouches for its `sub`. */
const users = defineCollection({
  name: "users",
  schema: z.object({
    id: z.uuid(),
    phone: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.string(),
    passwordHash: z.string(),
  }),
  indexes: { byPhone: { fields: ["phone"], unique: true } },
});
export type User = z.output<typeof users.schema>;

/**
 * One login and all refreshes from it: a family of refresh tokens, of which only the newest is valid.
 * It is one document, so that a rotation or the detection of a reuse is one atomic change.
 */
const sessions = defineCollection({
  name: "sessions",
  schema: z.object({
    /** SHA-256 of the part that all tokens of the family share. */
    id: z.string(),
    userId: z.uuid(),
    /** SHA-256 of the one refresh token that is still valid. */
    tokenHash: z.string(),
    /** True once a used token was presented again. A copy may have been stolen, so no token of the family is valid. */
    compromised: z.boolean(),
    /** Epoch milliseconds. */
    expiresAt: z.number(),
  }),
  indexes: { byExpiry: { fields: ["expiresAt"] } },
});
export type Session = z.output<typeof sessions.schema>;

/**
 * Access tokens that were logged out before they expired. They are kept until they, and the ws tokens issued for them,
 * have expired. The id is the SHA-256 of the credential id: a `jti` of another issuer may be any text, an id of the
 * store may not.
 */
const revocations = defineCollection({
  name: "revocations",
  schema: z.object({ id: z.string(), expiresAt: z.number() }),
  indexes: { byExpiry: { fields: ["expiresAt"] } },
});
export type Revocation = z.output<typeof revocations.schema>;

/** API keys by the SHA-256 of the key. The key itself is not stored. */
const apiKeys = defineCollection({
  name: "api_keys",
  schema: z.object({ id: z.string(), name: z.string() }),
  indexes: {},
});
export type ApiKey = z.output<typeof apiKeys.schema>;

export interface AuthCollections {
  readonly users: Collection<User, "byPhone">;
  readonly sessions: Collection<Session, "byExpiry">;
  readonly revocations: Collection<Revocation, "byExpiry">;
  readonly apiKeys: Collection<ApiKey, never>;
}

/** Opens the collections of `auth/`. Call it once per store. */
export async function openCollections(store: Store): Promise<AuthCollections> {
  return {
    users: await store.collection(users),
    sessions: await store.collection(sessions),
    revocations: await store.collection(revocations),
    apiKeys: await store.collection(apiKeys),
  };
}

/** Removes the sessions and revocations that have expired by `now` (epoch milliseconds). Rejects as the store does. */
export async function sweep({ sessions, revocations }: AuthCollections, now: number): Promise<void> {
  await removeExpired(sessions, now);
  await removeExpired(revocations, now);
}
