import { z } from "zod";
import { type Collection, defineCollection, type Store } from "../store/collection.ts";
import { removeExpired } from "../store/remove-expired.ts";

/** People who can log in. A JWT needs no record here: whoever has the secret vouches for its `sub`. */
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
 * One login and everything refreshed from it: a family of refresh tokens of which only the newest is good.
 * It is one document so that rotation and the discovery of a reuse are one atomic change.
 */
const sessions = defineCollection({
  name: "sessions",
  schema: z.object({
    /** SHA-256 of the part that all tokens of the family share. */
    id: z.string(),
    userId: z.uuid(),
    /** SHA-256 of the one refresh token that is still good. */
    tokenHash: z.string(),
    /** A used token was presented again: somebody else may have one, so none is good any more. */
    compromised: z.boolean(),
    /** Milliseconds since the epoch. */
    expiresAt: z.number(),
  }),
  indexes: { byExpiry: { fields: ["expiresAt"] } },
});
export type Session = z.output<typeof sessions.schema>;

/**
 * Access tokens that were logged out before their time; kept until they, and the ws tokens given for them, would have
 * expired. Their id is the SHA-256 of the credential id, since a `jti` made elsewhere may be anything and an id of the
 * store may not.
 */
const revocations = defineCollection({
  name: "revocations",
  schema: z.object({ id: z.string(), expiresAt: z.number() }),
  indexes: { byExpiry: { fields: ["expiresAt"] } },
});
export type Revocation = z.output<typeof revocations.schema>;

/** API keys by the SHA-256 of the key; the key itself is nowhere. */
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

/** Makes the collections of `auth/` ready. To be called once per store. */
export async function openCollections(store: Store): Promise<AuthCollections> {
  return {
    users: await store.collection(users),
    sessions: await store.collection(sessions),
    revocations: await store.collection(revocations),
    apiKeys: await store.collection(apiKeys),
  };
}

/** Removes what has expired by `now` (milliseconds since the epoch). Rejects as the store does. */
export async function sweep({ sessions, revocations }: AuthCollections, now: number): Promise<void> {
  await removeExpired(sessions, now);
  await removeExpired(revocations, now);
}
