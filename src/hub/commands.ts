import { hash, randomUUID } from "node:crypto";
import { type ErrorCode, HubError } from "./errors.ts";

/** The identity of a command: requests with the same scope and key are the same command. */
export interface CommandRequest {
  /** The owner and the purpose of the key. The same key of another user, or for another route, is another command. */
  readonly scope: readonly string[];
  /** The name that the client has given the command. Only its digest is stored. */
  readonly key: string;
  /** The `fingerprint` of the request. A retry under the same key must have the same one. */
  readonly fingerprint: string;
}

/**
 * The runner of commands. It runs each once, however often and on whichever worker it arrives; `commands/` implements
 * it.
 */
export interface Commands {
  /**
   * Runs `action` and stores its answer. A retry gets the stored answer, as JSON has it, and `repeated` is true.
   * While another run of the command is under way, it waits for that run's answer. When none comes, because the worker
   * has died or the answer was not final, it runs `action` again, with a `Command` that returns the same ids and step
   * names. An answer is stored only if `isFinal` returns true for it. A rejection of `action` is not stored.
   * Rejects with `HubError("command_differs")` when the key was used with another fingerprint. Rejects with
   * `HubError("unavailable")`, without a run, while the database cannot be reached.
   */
  run<A>(
    request: CommandRequest,
    action: (command: Command) => Promise<A>,
    isFinal?: (answer: A) => boolean,
  ): Promise<{ readonly answer: A; readonly repeated: boolean }>;
}

/** A valid command key: 1 to 200 printable ASCII characters. */
const COMMAND_KEY = /^[\x20-\x7e]{1,200}$/;

/**
 * Returns `key` if it is a valid command key. Throws `HubError("invalid_field")` otherwise; the text has `label` for
 * the key and does not repeat it.
 */
export function commandKey(key: unknown, label: string): string {
  if (typeof key === "string" && COMMAND_KEY.test(key)) return key;
  throw new HubError("invalid_field", `Invalid ${label}: 1 to 200 printable ASCII characters`);
}

/** Returns the SHA-256 of a request as JSON. */
export function fingerprint(request: unknown): string {
  return hash("sha256", JSON.stringify(request));
}

/** The outcome of a command in a form that can be stored: its result, or the error that refused it. */
export type Outcome<R> =
  | { readonly result: R }
  | { readonly refusal: { readonly code: ErrorCode; readonly message: string; readonly room?: string | undefined } };

/** Errors that do not depend on the command. A retry may succeed, so they are not stored. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set(["unavailable", "internal", "rate_limited", "unauthenticated"]);

/** Runs `action` and returns its outcome. Rejects with errors that are transient or no `HubError`. */
export async function outcomeOf<R>(action: () => R | Promise<R>): Promise<Outcome<R>> {
  try {
    return { result: await action() };
  } catch (thrown) {
    if (!(thrown instanceof HubError) || TRANSIENT.has(thrown.code)) throw thrown;
    const { code, message, room } = thrown;
    return { refusal: { code, message, room } };
  }
}

/** Returns the result of an outcome, or throws the `HubError` that refused the command. */
export function resultOf<R>(outcome: Outcome<R>): R {
  if (!("refusal" in outcome)) return outcome.result;
  const { code, message, room } = outcome.refusal;
  throw new HubError(code, message, room);
}

/** How long the answer to a command is kept for retries; milliseconds. */
export const IDEMPOTENCY_MS = 10 * 60_000;

/**
 * One command of a client, which the client may retry when it has lost the answer. A run of a retry gets the same
 * numbers, UUIDs and step names, so a service that takes its ids and names its writes by it does nothing twice. Call
 * its methods in the same order in each run, and not within a transition, which may run several times.
 */
export interface Command {
  /** Returns a number of a sequence: the one that `next` returned in the command's first run. */
  number(next: () => Promise<number>): Promise<number>;
  /** Returns a UUID, the same in each run. */
  uuid(): string;
  /** Returns the name of the command's next write; `undefined` if the command cannot be retried. */
  step(): string | undefined;
}

/** A command that cannot be retried, because the client gave it no id. */
export const once: Command = {
  number: (next) => next(),
  uuid: () => randomUUID(),
  step: () => undefined,
};
