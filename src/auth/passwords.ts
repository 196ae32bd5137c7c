import { hash, type Options, verify } from "@node-rs/argon2";

/**
 * The parameters that OWASP recommends for argon2id: 19 MiB, two passes, one lane.
 * The variant is the library's default; its enum exists only in types.
 */
const PARAMETERS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The hash, with the parameters above, of a random password that was discarded: no password matches it. */
export const NOBODYS_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$iVCdPJG1TZnOoZxNdeGbKg$lLaUvKyrwOVIpttbx196F60CWH5Plg2u2RSEZTC5paE";

/** Hashes a password for storage, in PHC format. Takes some 20 ms of one core and 19 MiB, off the main thread. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, PARAMETERS);
}

/**
 * Returns true if `password` matches the hash `stored`. Without a stored hash it does the same work and returns false,
 * so that the response time does not reveal which accounts exist.
 */
export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  const matches = await verify(stored ?? NOBODYS_HASH, password);
  return matches && stored !== undefined;
}
