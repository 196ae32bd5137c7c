/** The users of the demo data that the demo acts as, with their phones. */
const PHONES = {
  customer: "+966500000001",
  technician: "+966500000002",
  operator: "+966500000003",
  admin: "+966500000004",
  secondCustomer: "+966500000005",
};

export type Person = keyof typeof PHONES;
type Body = Record<string, unknown>;

/** An answer without success. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A client of the hub's HTTP API, signed in as the user that acts. */
export class Api {
  readonly #base: string;
  readonly #apiKey: string;
  readonly #sessions = new Map<Person, Promise<{ token: string; id: string }>>();

  constructor(base: string, apiKey = "demo-api-key") {
    this.#base = base;
    this.#apiKey = apiKey;
  }

  /** Resolves to the user id of a person. */
  async idOf(person: Person): Promise<string> {
    return (await this.#session(person)).id;
  }

  /** Sends a request. Renews an expired token by a new login. Rejects with `Refused` when the answer is no success. */
  async call<T = Body>(as: Person | "apiKey", method: string, path: string, body?: Body): Promise<T> {
    try {
      return await this.#send<T>(method, path, body, await this.#credentials(as));
    } catch (error) {
      if (as === "apiKey" || !(error instanceof Refused) || error.status !== 401) throw error;
      this.#sessions.delete(as);
      return this.#send<T>(method, path, body, await this.#credentials(as));
    }
  }

  async #credentials(as: Person | "apiKey"): Promise<Record<string, string>> {
    if (as === "apiKey") return { "X-API-Key": this.#apiKey };
    return { Authorization: `Bearer ${(await this.#session(as)).token}` };
  }

  #session(person: Person): Promise<{ token: string; id: string }> {
    const known = this.#sessions.get(person) ?? this.#login(PHONES[person]);
    this.#sessions.set(person, known);
    known.catch(() => this.#sessions.delete(person));
    return known;
  }

  async #login(phone: string): Promise<{ token: string; id: string }> {
    const body = { phone, password: "password123" };
    const answer = await this.#send<{ access_token: string; user: { id: string } }>(
      "POST",
      "/api/v2/auth/login",
      body,
      {},
    );
    return { token: answer.access_token, id: answer.user.id };
  }

  async #send<T>(method: string, path: string, body: Body | undefined, headers: Record<string, string>): Promise<T> {
    const response = await fetch(this.#base + path, {
      method,
      headers: { ...headers, ...(body && { "Content-Type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = text === "" ? {} : JSON.parse(text);
    if (!response.ok)
      throw new Refused(response.status, `${method} ${path}: ${response.status} ${answer.detail ?? ""}`);
    return answer as T;
  }
}

export function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}
