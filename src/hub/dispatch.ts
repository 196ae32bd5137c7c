import { z } from "zod";
import type { Channel, HandlerResult } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type { Commands } from "./commands.ts";
import { type Command, once } from "./commands.ts";
import type { Connection } from "./connection.ts";
import { DISCONNECTS, Refusal } from "./disconnects.ts";
import { ERRORS, type ErrorCode, HubError, toHubError } from "./errors.ts";
import type { HubEvents } from "./events.ts";
import { createIdempotentMessages } from "./idempotent-messages.ts";
import type { Authenticator } from "./identity.ts";
import type { Limits } from "./limits.ts";

/** The answer to a client message: what a Socket.IO acknowledgement carries. */
export type Acknowledgement =
  | ({ ok: true } & Record<string, unknown>)
  | { ok: false; error: { code: ErrorCode; message: string } };

/** A message as a door hands it over: taken apart but not yet believed, or the reason why it could not be. */
export type Inbound = InboundMessage | { error: HubError; acknowledge?: Acknowledge };

/** `id`: the client may send the message again under it, and it is still handled once; see `Commands`. */
type InboundMessage = { type: string; payload: unknown; id?: unknown; acknowledge?: Acknowledge };

type Acknowledge = (answer: Acknowledgement) => void;

/** What waits its turn on a connection: the channel's `open` comes first, then the client's messages. */
type Task = Inbound | { open: Channel["open"] };

export interface DispatchOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly authenticator: Authenticator;
  readonly commands: Commands;
  readonly events: HubEvents;
}

type DispatchTools = DispatchOptions & { readonly repeatable: ReturnType<typeof createIdempotentMessages> };

/** Messages of one client that may wait for their turn before the door stops reading from it. */
const INBOX_LIMIT = 256;

/** The in-band renewal of a JWT, on every channel whose credential is one. */
export const refreshSchema = z.object({ token: z.string() });

/**
 * The path of one client message, for both doors: limit, parse, authorise, handle, reply; of one that has come before,
 * only the reply.
 *
 * Messages of one client are handled one after another, in the order they came; a client that sends faster than it is
 * served is not read from. Different clients never wait for each other.
 */
export function createDispatch(options: DispatchOptions): (connection: Connection, task: Task) => void {
  const tools = { ...options, repeatable: createIdempotentMessages(options) };
  const busy = new WeakMap<Connection, { waiting: Task[]; paused: boolean }>();

  return function dispatch(connection, task) {
    const inbox = busy.get(connection);
    if (inbox) {
      inbox.waiting.push(task);
      if (inbox.waiting.length >= INBOX_LIMIT && !inbox.paused) {
        inbox.paused = true;
        connection.pause();
      }
      return;
    }
    const pending = handle(tools, connection, task);
    if (pending) void workOff(connection, pending);
  };

  async function workOff(connection: Connection, first: Promise<void>): Promise<void> {
    const inbox = { waiting: [] as Task[], paused: false };
    busy.set(connection, inbox);
    await first;
    for (let batch = inbox.waiting.splice(0); batch.length > 0; batch = inbox.waiting.splice(0)) {
      for (const task of batch) await handle(tools, connection, task);
      if (inbox.paused) {
        inbox.paused = false;
        connection.resume();
      }
    }
    busy.delete(connection);
  }
}

/** Handles one message; a promise only where there was something to wait for. Never throws, never rejects. */
function handle(tools: DispatchTools, connection: Connection, task: Task): Promise<void> | undefined {
  if (!connection.isOpen) return undefined;
  connection.touch();
  try {
    const result = run(tools, connection, task);
    if (!(result instanceof Promise)) {
      succeed(task, result);
      return undefined;
    }
    return result.then(
      (value) => succeed(task, value),
      (thrown: unknown) => fail(tools, connection, task, thrown),
    );
  } catch (thrown) {
    fail(tools, connection, task, thrown);
    return undefined;
  }
}

type Result = HandlerResult | void;

function run(tools: DispatchTools, connection: Connection, task: Task): Result | Promise<Result> {
  if ("open" in task) return task.open(connection);
  if ("error" in task) throw task.error;
  const { channel } = connection;
  const { type, payload, id } = task;
  const renews = type === "refresh" && channel.credential === "jwt";
  if (!renews && !channel.on.has(type)) throw new HubError("unknown_type");
  tools.events.emit("received", { app: channel.app, type });
  // To refresh twice is to refresh once, and each connection has to.
  if (renews) return refresh(tools, connection, check(refreshSchema, payload).token);
  if (id === undefined) return attempt(tools, connection, task, once);
  return tools.repeatable(connection, { id, type, payload }, (command) => attempt(tools, connection, task, command));
}

/** Counts the message against the limit of its type, if there is one, and handles it. */
function attempt(
  tools: DispatchTools,
  connection: Connection,
  message: InboundMessage,
  command: Command,
): Result | Promise<Result> {
  const { channel } = connection;
  const { type } = message;
  const limit = channel.limits?.messages?.[type];
  if (!limit) return perform(connection, message, command);
  const key = `messages:${channel.namespace}:${type}:${connection.id}`;
  return tools.limits.attempt(key, limit.max, limit.windowMs).then((allowed) => {
    if (!allowed) throw new Refusal("rate_limited");
    return perform(connection, message, command);
  });
}

function perform(
  connection: Connection,
  { type, payload }: InboundMessage,
  command: Command,
): Result | Promise<Result> {
  const { channel } = connection;
  const schema = channel.inbound[type];
  return channel.on.get(type)?.(connection, schema ? check(schema, payload) : payload, command);
}

/** The payload as its schema gives it back, or `invalid_field` with the first thing that is wrong. */
function check<S extends z.ZodObject>(schema: S, payload: unknown): z.output<S> {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".");
  throw new HubError("invalid_field", where ? `Invalid ${where}: ${issue?.message}` : ERRORS.invalid_field.message);
}

async function refresh(tools: DispatchTools, connection: Connection, token: string): Promise<void> {
  const identity = await tools.authenticator.authenticate("jwt", token).catch((thrown: unknown) => {
    throw thrown instanceof Refusal ? new HubError("unauthenticated", thrown.message) : thrown;
  });
  if (identity.userId !== connection.identity.userId) throw new HubError("forbidden", "The token is for another user");
  connection.renew(identity);
  await connection.channel.renewed(connection);
}

function succeed(task: Task, result: Result): void {
  if ("acknowledge" in task) task.acknowledge?.({ ok: true, ...(result ?? {}) });
}

/** The document's error message, and the same as the acknowledgement; a `Refusal` or a failed `open` ends it all. */
function fail(tools: DispatchTools, connection: Connection, task: Task, thrown: unknown): void {
  const { channel } = connection;
  const { app, namespace } = channel;
  // A type that the channel does not know is whatever the client wrote; those who watch must not collect it.
  const type = "type" in task && (task.type === "refresh" || channel.on.has(task.type)) ? task.type : undefined;
  const error = thrown instanceof Refusal ? asError(thrown) : toHubError(thrown);
  if (error.code === "internal") tools.events.emit("fault", { where: `${namespace} ${type ?? "open"}`, error: thrown });
  tools.events.emit("rejected", { app, type, code: error.code });
  connection.fail(error);
  if ("acknowledge" in task) task.acknowledge?.({ ok: false, error: { code: error.code, message: error.message } });
  if (thrown instanceof Refusal) {
    tools.events.emit("refused", { namespace, app, disconnect: thrown.disconnect });
    connection.end(thrown.disconnect);
  } else if ("open" in task) connection.end(error.code === "unavailable" ? "overloaded" : "internal");
}

function asError({ disconnect, message }: Refusal): HubError {
  return new HubError(DISCONNECTS[disconnect].error, message);
}
