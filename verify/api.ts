import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Person } from "./people.ts";

/** Milliseconds that one attempt may take, and that a request is repeated before it counts as never answered. */
const TRY_MS = 10_000;
const PATIENCE_MS = 60_000;

/** Milliseconds between two attempts, growing from the first value to the second; half of the delay is random. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 1_000;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown> | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** The deployment's HTTP API. Every request is repeated until it is answered, with the same `Idempotency-Key`. */
export class Api {
  readonly url: string;
  /** Number of attempts after the first ones. */
  retries = 0;

  constructor(url: string) {
    this.url = url;
  }

  /**
   * Makes a change. Rejects when the answer is a refusal that another attempt would not change. Also rejects when there
   * is no answer; then the change may have been made or not.
   */
  async change(as: Person, method: string, path: string, body?: Record<string, unknown>): Promise<unknown> {
    const headers = { Authorization: `Bearer ${as.token}`, "Idempotency-Key": randomUUID() };
    return this.#persist({ method, path, body, headers });
  }

  async get(path: string, as?: Person): Promise<unknown> {
    const headers = as ? { Authorization: `Bearer ${as.token}` } : {};
    return this.#persist({ method: "GET", path, body: undefined, headers });
  }

  async #persist(request: Request): Promise<unknown> {
    const what = `${request.method} ${request.path}`;
    let reason = "";
    for (let tries = 1, begun = performance.now(); performance.now() - begun < PATIENCE_MS; tries++) {
      if (tries > 1) {
        this.retries++;
        const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 2));
        await sleep(delay * (0.5 + Math.random() / 2));
      }
      const answer = await this.#send(request);
      if (typeof answer === "string") reason = answer;
      else if (answer.status < 300) return answer.body;
      else if (answer.status === 429 || answer.status >= 500) reason = `status ${answer.status}`;
      else throw new Error(`${what}: ${answer.status} ${JSON.stringify(answer.body)} at attempt ${tries}`);
    }
    throw new Error(`${what}: no answer within ${PATIENCE_MS / 1_000} s; the last was ${reason}`);
  }

  /** Returns the answer, or the reason why there is none. */
  async #send({ method, path, body, headers }: Request): Promise<{ status: number; body: unknown } | string> {
    try {
      const response = await fetch(this.url + path, {
        method,
        headers: { ...headers, ...(body && { "Content-Type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TRY_MS),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" || response.status >= 500 ? undefined : JSON.parse(text) };
    } catch (error) {
      return String(error instanceof Error ? (error.cause ?? error) : error);
    }
  }
}
