import type { HandlerResult } from "./channel.ts";
import type { Clock } from "./clock.ts";
import {
  type Command,
  type Commands,
  commandKey,
  fingerprint,
  IDEMPOTENCY_MS,
  type Outcome,
  once,
  outcomeOf,
  resultOf,
} from "./commands.ts";
import type { Connection, Recording } from "./connection.ts";
import { HubError } from "./errors.ts";
import type { Outbound } from "./outbound.ts";

/** A client message with an id, under which the client may send it again. */
export interface IdempotentMessage {
  readonly id: unknown;
  readonly type: string;
  readonly payload: unknown;
}

/** The stored answer to a message. */
interface Answer {
  readonly outcome: Outcome<HandlerResult | void>;
  /** The messages that its handler sent to the client. */
  readonly sent: Recording["sent"];
  /** True if its handler joined or left rooms. */
  readonly moved: boolean;
}

interface Remembered {
  readonly fingerprint: string;
  readonly answer: Answer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

type Handling = (command: Command) => HandlerResult | void | Promise<HandlerResult | void>;

/** The number of answers that are kept for one connection. The oldest is dropped first. */
const MAX_REMEMBERED = 256;

/**
 * Makes the function that handles a message once. For a retry it sends the first answer again: the same messages to the
 * client, and the same result or refusal. Answers to a user's messages are stored for all workers. Two kinds are kept
 * for their connection alone: those of messages that changed its rooms, which have yet to take effect on another
 * connection, and those of anonymous clients.
 */
export function createIdempotentMessages({ clock, commands }: { readonly clock: Clock; readonly commands: Commands }) {
  const remembered = new WeakMap<Connection, Map<string, Remembered>>();

  return async function handleOnce(connection: Connection, message: IdempotentMessage, handling: Handling) {
    const key = commandKey(message.id, "id");
    const print = fingerprint([message.type, message.payload]);
    const known = remembered.get(connection)?.get(key);
    if (known && known.expiresAt > clock.now()) {
      if (known.fingerprint !== print) throw new HubError("command_differs");
      return replay(connection, known.answer);
    }

    const { channel, identity, params } = connection;
    const isAnonymous = channel.credential === "none";
    const scope = [channel.credential, identity.userId, channel.namespace, ...Object.values(params)];
    const handle = (command: Command): Promise<Answer> => record(connection, () => handling(command));
    // A closed connection may have missed some of the answer, so a retry handles the message again.
    const isFinal = ({ moved }: Answer): boolean => !moved && connection.isOpen;
    const { answer, repeated } = isAnonymous
      ? { answer: await handle(once), repeated: false }
      : await commands.run({ scope, key, fingerprint: print }, handle, isFinal);
    if (repeated) return replay(connection, answer);
    if (isAnonymous || answer.moved) remember(connection, key, { fingerprint: print, answer });
    return resultOf(answer.outcome);
  };

  function remember(connection: Connection, key: string, answer: Omit<Remembered, "expiresAt">): void {
    const answers = remembered.get(connection) ?? new Map<string, Remembered>();
    remembered.set(connection, answers);
    answers.delete(key);
    answers.set(key, { ...answer, expiresAt: clock.now() + IDEMPOTENCY_MS });
    for (const oldest of answers.keys()) {
      if (answers.size <= MAX_REMEMBERED) break;
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

/**
 * Returns true for classes that may be sent again. A `log` message comes in its room's order; an old `latest` value is
 * stale.
 */
function isAnswer(declared: Outbound | undefined): boolean {
  return declared?.delivery === "reply" || declared?.delivery === "volatile";
}

function replay(connection: Connection, { outcome, sent }: Answer): HandlerResult | void {
  for (const { type, payload } of sent) connection.deliver(type, payload);
  return resultOf(outcome);
}
