import type { HandlerResult } from "./channel.ts";
import type { Clock } from "./clock.ts";
import {
  type Command,
  type Commands,
  commandKey,
  fingerprint,
  type Outcome,
  once,
  outcomeOf,
  REPEATABLE_MS,
  resultOf,
} from "./commands.ts";
import type { Connection, Recording } from "./connection.ts";
import { HubError } from "./errors.ts";
import type { Outbound } from "./outbound.ts";

/** A client message that may come again: the client has given it an id. */
export interface IdempotentMessage {
  readonly id: unknown;
  readonly type: string;
  readonly payload: unknown;
}

/** What came of a message. */
interface Answer {
  readonly outcome: Outcome<HandlerResult | void>;
  /** What the client was answered on the way. */
  readonly sent: Recording["sent"];
  /** The connection has joined or left rooms. */
  readonly moved: boolean;
}

interface Remembered {
  readonly fingerprint: string;
  readonly answer: Answer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

type Handling = (command: Command) => HandlerResult | void | Promise<HandlerResult | void>;

/** Answers that a connection remembers by itself; past that the oldest is forgotten. */
const REMEMBERED = 256;

/**
 * Handles a message, or answers it as it was answered when it came before: what the client was answered is sent again,
 * and the result or refusal is the same. Every worker knows the answers of a user's messages. Those that have changed the
 * rooms of a connection are known to that connection alone, since on another one they have yet to take effect; so are
 * those of clients that nobody knows.
 */
export function createIdempotentMessages({ clock, commands }: { readonly clock: Clock; readonly commands: Commands }) {
  const remembered = new WeakMap<Connection, Map<string, Remembered>>();

  return async function repeatable(connection: Connection, message: IdempotentMessage, handling: Handling) {
    const key = commandKey(message.id, "id");
    const asked = fingerprint([message.type, message.payload]);
    const known = remembered.get(connection)?.get(key);
    if (known && known.expiresAt > clock.now()) {
      if (known.fingerprint !== asked) throw new HubError("command_differs");
      return replay(connection, known.answer);
    }

    const { channel, identity, params } = connection;
    const isAnonymous = channel.credential === "none";
    const scope = [channel.credential, identity.userId, channel.namespace, ...Object.values(params)];
    const handle = (command: Command): Promise<Answer> => record(connection, () => handling(command));
    // One that is gone may not have been sent everything: the message is handled again where its client comes back.
    const isFinal = ({ moved }: Answer): boolean => !moved && connection.isOpen;
    const { answer, repeated } = isAnonymous
      ? { answer: await handle(once), repeated: false }
      : await commands.run({ scope, key, fingerprint: asked }, handle, isFinal);
    if (repeated) return replay(connection, answer);
    if (isAnonymous || answer.moved) remember(connection, key, { fingerprint: asked, answer });
    return resultOf(answer.outcome);
  };

  function remember(connection: Connection, key: string, answer: Omit<Remembered, "expiresAt">): void {
    const answers = remembered.get(connection) ?? new Map<string, Remembered>();
    remembered.set(connection, answers);
    answers.delete(key);
    answers.set(key, { ...answer, expiresAt: clock.now() + REPEATABLE_MS });
    for (const oldest of answers.keys()) {
      if (answers.size <= REMEMBERED) break;
      answers.delete(oldest);
    }
  }
}

async function record(connection: Connection, handling: () => ReturnType<Handling>): Promise<Answer> {
  const recording = connection.startRecording();
  try {
    const outcome = await outcomeOf(handling);
    const sent = recording.sent.filter(({ type }) => isAnswer(connection.channel.outbound[type]));
    return { outcome, sent, moved: recording.moved };
  } finally {
    recording.stop();
  }
}

/** What belongs to a room comes in the room's order, and a value that was the newest then would go back in time. */
function isAnswer(declared: Outbound | undefined): boolean {
  return declared?.delivery === "reply" || declared?.delivery === "volatile";
}

function replay(connection: Connection, { outcome, sent }: Answer): HandlerResult | void {
  for (const { type, payload } of sent) connection.deliver(type, payload);
  return resultOf(outcome);
}
