import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { z } from "zod";
import { DEMO_PASSWORD, DEMO_USERS } from "../src/apps/demo-users.ts";
import type { Role } from "../src/hub/identity.ts";

/** A user that makes changes or subscribes. */
export interface Person {
  readonly id: string;
  readonly token: string;
}

/** The users of a run. */
export interface People {
  readonly operator: Person;
  readonly admin: Person;
  readonly technician: Person;
  /** Returns customer number `i`, from 0. Starts again with the first when there are fewer. */
  customer(i: number): Person;
}

/** Number of customers: more than there are rooms with a customer of their own. */
const CUSTOMERS = 200;

/** Returns users that are in no database, with tokens that are signed here and live for `seconds`. */
export async function signedPeople(secret: string, seconds: number): Promise<People> {
  const person = async (role: Role): Promise<Person> => {
    const id = randomUUID();
    const token = await new SignJWT({ role, email: `${id}@example.com` })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(id)
      .setJti(randomUUID())
      .setExpirationTime(Math.floor(Date.now() / 1_000 + seconds))
      .sign(Buffer.from(secret));
    return { id, token };
  };
  const customers = await Promise.all(Array.from({ length: CUSTOMERS }, () => person("customer")));
  return people(await person("operator"), await person("admin"), await person("technician"), customers);
}

/** Logs in the users of the demo data. Rejects when they do not exist, or their tokens live for less than `seconds`. */
export async function demoPeople(url: string, seconds: number): Promise<People> {
  const { operator, admin, technician, customer, secondCustomer } = DEMO_USERS;
  const login = async ({ phone }: { phone: string }): Promise<Person> => logIn(url, phone, seconds);
  return people(await login(operator), await login(admin), await login(technician), [
    await login(customer),
    await login(secondCustomer),
  ]);
}

function people(operator: Person, admin: Person, technician: Person, customers: readonly Person[]): People {
  const customer = (i: number): Person => {
    const found = customers[i % customers.length];
    if (!found) throw new Error("there is no customer");
    return found;
  };
  return { operator, admin, technician, customer };
}

const session = z.object({ access_token: z.string(), expires_in: z.number(), user: z.object({ id: z.string() }) });

async function logIn(url: string, phone: string, seconds: number): Promise<Person> {
  const response = await fetch(`${url}/api/v2/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ phone, password: DEMO_PASSWORD }),
  });
  if (!response.ok) {
    throw new Error(`The login of the demo user ${phone} was answered ${response.status}: give --jwt-secret instead`);
  }
  const { access_token, expires_in, user } = session.parse(await response.json());
  if (expires_in < seconds) {
    throw new Error(`A token lives for only ${expires_in / 60} minutes: give fewer --minutes, or --jwt-secret`);
  }
  return { id: user.id, token: access_token };
}
