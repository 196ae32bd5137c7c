import { isError } from "../hub/errors.ts";
import type { Role } from "../hub/identity.ts";
import type { AuthCollections } from "./collections.ts";
import { sha256 } from "./digest.ts";
import { hashPassword } from "./passwords.ts";

export interface DemoUser {
  readonly id: string;
  readonly phone: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

/** The users and credentials of the demo data. */
export interface Demo {
  /** Demo users, by the names that the demo data of the apps uses. */
  readonly users: Readonly<Record<string, DemoUser>>;
  /** The password of every demo user. */
  readonly password: string;
  readonly apiKey: string;
}

/** Creates the demo users and the demo API key where they are missing. Several workers may do so at once. */
export async function seedDemo(
  { users, apiKeys }: Pick<AuthCollections, "users" | "apiKeys">,
  demo: Demo,
): Promise<void> {
  await apiKeys.ensure({ id: sha256(demo.apiKey), name: "demo" });
  const people = Object.values(demo.users);
  const found = await Promise.all(people.map(({ id }) => users.get(id)));
  if (found.every((user) => user !== undefined)) return;
  // One hash for all: they share a public password, and hashing is slow by design.
  const passwordHash = await hashPassword(demo.password);
  const seeds = people.map((user) =>
    users.ensure({ ...user, passwordHash }).catch((error: unknown) => {
      // Another user has the phone number.
      if (!isError(error, "conflict")) throw error;
    }),
  );
  await Promise.all(seeds);
}
