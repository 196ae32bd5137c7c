/** The people that the demo acts as, by their phones; see the demo data. */
const PHONES = {
  customer: "+966500000001",
  technician: "+966500000002",
  operator: "+966500000003",
  admin: "+966500000004",
  secondCustomer: "+966500000005",
};

export type Person = keyof typeof PHONES;
type Body = Record<string, unknown>;

/** An answer that was not a success. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The hub's HTTP API as the demo uses it: signed in as whoever acts. */
export class Api {
  readonly #base: string;
  readonly #apiKey: string;
  readonly #sessions = new Map<Person, Promise<{ token: string; id: string }>>();

  constructor(base: string, apiKey = "demo-api-key") {
    this.#base = base;
    this.#apiKey = apiKey;
  }

  /** The user id of a person. */
  async idOf(person: Person): Promise<string> {
    return (await this.#session(person)).id;
  }

  /** Rejects with `Refused` when the answer is no success; a token that has expired is renewed by a new login. */
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
