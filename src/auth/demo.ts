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

/** The people of the demo data. Their ids are fixed, so that the demo data of the apps can refer to them. */
export const DEMO_USERS = {
  customer: {
    id: "00000000-0000-4000-8000-000000000001",
    phone: "+966500000001",
    email: "user@example.com",
    name: "Demo Customer",
    role: "customer",
  },
  technician: {
    id: "00000000-0000-4000-8000-000000000002",
    phone: "+966500000002",
    email: "technician@example.com",
    name: "Demo Technician",
    role: "technician",
  },
  operator: {
    id: "00000000-0000-4000-8000-000000000003",
    phone: "+966500000003",
    email: "operator@example.com",
    name: "Demo Operator",
    role: "operator",
  },
  admin: {
    id: "00000000-0000-4000-8000-000000000004",
    phone: "+966500000004",
    email: "admin@example.com",
    name: "Demo Admin",
    role: "admin",
  },
  secondCustomer: {
    id: "00000000-0000-4000-8000-000000000005",
    phone: "+966500000005",
    email: "user2@example.com",
    name: "Second Demo Customer",
    role: "customer",
  },
} as const satisfies Record<string, DemoUser>;

export const DEMO_PASSWORD = "password123";
export const DEMO_API_KEY = "demo-api-key";

/** Puts the demo users and the demo API key where they are missing. Several workers may do so at once. */
export async function seedDemo({ users, apiKeys }: Pick<AuthCollections, "users" | "apiKeys">): Promise<void> {
  await apiKeys.ensure({ id: sha256(DEMO_API_KEY), name: "demo" });
  const found = await Promise.all(Object.values(DEMO_USERS).map(({ id }) => users.get(id)));
  if (found.every((user) => user !== undefined)) return;
  // One hash for all: they share a password that everybody knows, and hashing is made to be slow.
  const passwordHash = await hashPassword(DEMO_PASSWORD);
  const seeds = Object.values(DEMO_USERS).map((user) =>
    users.ensure({ ...user, passwordHash }).catch((error: unknown) => {
      // Somebody else has the phone.
      if (!isError(error, "conflict")) throw error;
    }),
  );
  await Promise.all(seeds);
}
