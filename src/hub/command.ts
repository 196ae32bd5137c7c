import { randomUUID } from "node:crypto";

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
