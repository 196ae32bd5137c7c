import { hash, randomUUID } from "node:crypto";
import { type ErrorCode, HubError } from "./errors.ts";

/** What is asked for, as the keeper of commands tells it from everything else. */
export interface CommandRequest {
  /** Whose the key is, and for what: the same key of somebody else, or for something else, is another command. */
  readonly scope: readonly string[];
  /** The name that the client has given the command. It is kept only as a digest. */
  readonly key: string;
  /** What is asked for, by `fingerprint`; the same key may not come again with something else. */
  readonly fingerprint: string;
}

/** What does each command once, however often and wherever it comes; `delivery/` implements it. */
export interface Commands {
  /**
   * Runs `action`, or gives what it gave the first time (as JSON has it) when the command has come before. While it is
   * run somewhere else its answer is waited for; where no answer comes, because the worker has died or what it came to
   * was not final, `action` is run again, with a `Command` that gives the same as the first time.
   * What `action` rejects with is not remembered, nor an answer that `isFinal` does not hold for.
   * Rejects with `HubError("command_differs")` when the key came with another fingerprint, and with
   * `HubError("unavailable")`, nothing run, while the database cannot be reached.
   */
  run<A>(
    asked: CommandRequest,
    action: (command: Command) => Promise<A>,
    isFinal?: (answer: A) => boolean,
  ): Promise<{ readonly answer: A; readonly repeated: boolean }>;
}

/** What a client may name a command by: 1 to 200 printable ASCII characters. */
const NAME = /^[\x20-\x7e]{1,200}$/;

/** `name` when a client may name a command so; else throws an error that calls it `what`, and does not repeat it. */
export function commandKey(name: unknown, what: string): string {
  if (typeof name === "string" && NAME.test(name)) return name;
  throw new HubError("invalid_field", `Invalid ${what}: 1 to 200 printable ASCII characters`);
}

/** A digest of JSON that tells what is asked for. */
export function fingerprint(asked: unknown): string {
  return hash("sha256", JSON.stringify(asked));
}

/** What a command came to, in a form that can be kept: its result, or why it was refused. */
export type Outcome<R> =
  | { readonly result: R }
  | { readonly refusal: { readonly code: ErrorCode; readonly message: string; readonly room?: string | undefined } };

/** Refusals that say nothing about the command: it may be done when it comes again. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["unavailable", "internal", "rate_limited", "unauthenticated"]);

/** Runs `action` and gives what it came to; rejects with whatever is not the last word on it. */
export async function outcomeOf<R>(action: () => R | Promise<R>): Promise<Outcome<R>> {
  try {
    return { result: await action() };
  } catch (thrown) {
    if (!(thrown instanceof HubError) || PASSING.has(thrown.code)) throw thrown;
    const { code, message, room } = thrown;
    return { refusal: { code, message, room } };
  }
}

/** The result of an outcome; throws the `HubError` that it was refused with. */
export function resultOf<R>(outcome: Outcome<R>): R {
  if (!("refusal" in outcome)) return outcome.result;
  const { code, message, room } = outcome.refusal;
  throw new HubError(code, message, room);
}

/** For how long a command that comes again is known, in milliseconds. */
export const REPEATABLE_MS = 10 * 60_000;

/**
 * One command of a client, which may come again when its answer was lost. What is asked of it is the same each time the
 * command comes, so that a service which takes its ids and names its writes by it does nothing twice. It is to be asked
 * in the same order each time, and not within a transition, which may run several times.
 */
export interface Command {
  /** A number of a sequence: the one that `next` gave when the command came first. */
  number(next: () => Promise<number>): Promise<number>;
  /** A UUID. */
  uuid(): string;
  /** The name of the command's next write; `undefined` where the command cannot come again. */
  step(): string | undefined;
}

/** A command that does not come again: the client gave it no id. */
export const once: Command = {
  number: (next) => next(),
  uuid: () => randomUUID(),
  step: () => undefined,
};
