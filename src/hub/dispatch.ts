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

/** The answer to a client message, as a Socket.IO acknowledgement carries it. */
export type Acknowledgement =
  | ({ ok: true } & Record<string, unknown>)
  | { ok: false; error: { code: ErrorCode; message: string } };

/** A message from a transport, parsed but not checked, or the error that parsing it gave. */
export type Inbound = InboundMessage | { error: HubError; acknowledge?: Acknowledge };

/** A parsed message. `id`: the client may send the message again under it, and it is handled once; see `Commands`. */
type InboundMessage = { type: string; payload: unknown; id?: unknown; acknowledge?: Acknowledge };

type Acknowledge = (answer: Acknowledgement) => void;

/** An entry of a connection's inbox: first the channel's `open`, then the client's messages. */
type Task = Inbound | { open: Channel["open"] };

export interface DispatchOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly authenticator: Authenticator;
  readonly commands: Commands;
  readonly events: HubEvents;
}

type DispatchDeps = DispatchOptions & { readonly handleOnce: ReturnType<typeof createIdempotentMessages> };

/** The number of messages of one client that may wait before the transport stops reading from it. */
const INBOX_LIMIT = 256;

/** The in-band renewal of a JWT, on every channel whose credential is one. */
export const refreshSchema = z.object({ token: z.string() });

/**
 * Makes the function that handles one client message, for both transports: limit, parse, authorise, handle, reply. For
 * the retry of a handled message it sends only the reply.
 *
 * Messages of one client are handled one after another, in order of arrival. A client that sends faster than its
 * messages are handled is not read. Different clients never wait for each other.
 */
export function createDispatch(options: DispatchOptions): (connection: Connection, task: Task) => void {
  const deps = { ...options, handleOnce: createIdempotentMessages(options) };
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
    const pending = handle(deps, connection, task);
    if (pending) void workOff(connection, pending);
  };

  async function workOff(connection: Connection, first: Promise<void>): Promise<void> {
    const inbox = { waiting: [] as Task[], paused: false };
    busy.set(connection, inbox);
    await first;
    for (let batch = inbox.waiting.splice(0); batch.length > 0; batch = inbox.waiting.splice(0)) {
      for (const task of batch) await handle(deps, connection, task);
      if (inbox.paused) {
        inbox.paused = false;
        connection.resume();
      }
    }
    busy.delete(connection);
  }
}

/** Handles one message. Returns a promise only if the handler is asynchronous. Never throws or rejects. */
function handle(deps: DispatchDeps, connection: Connection, task: Task): Promise<void> | undefined {
  if (!connection.isOpen) return undefined;
  connection.touch();
  try {
    const result = run(deps, connection, task);
    if (!(result instanceof Promise)) {
      succeed(task, result);
      return undefined;
    }
    return result.then(
      (value) => succeed(task, value),
      (thrown: unknown) => fail(deps, connection, task, thrown),
    );
  } catch (thrown) {
    fail(deps, connection, task, thrown);
    return undefined;
  }
}

type Result = HandlerResult | void;

function run(deps: DispatchDeps, connection: Connection, task: Task): Result | Promise<Result> {
  if ("open" in task) return task.open(connection);
  if ("error" in task) throw task.error;
  const { channel } = connection;
  const { type, payload, id } = task;
  const renews = type === "refresh" && channel.credential === "jwt";
  if (!renews && !channel.on.has(type)) throw new HubError("unknown_type");
  deps.events.emit("received", { app: channel.app, type });
  // A refresh is idempotent by itself, and each connection needs its own.
  if (renews) return refresh(deps, connection, check(refreshSchema, payload).token);
  if (id === undefined) return attempt(deps, connection, task, once);
  return deps.handleOnce(connection, { id, type, payload }, (command) => attempt(deps, connection, task, command));
}

/** Counts the message against the limit of its type, if any, and handles it. */
function attempt(
  deps: DispatchDeps,
  connection: Connection,
  message: InboundMessage,
  command: Command,
): Result | Promise<Result> {
  const { channel } = connection;
  const { type } = message;
  const limit = channel.limits?.messages?.[type];
  if (!limit) return perform(connection, message, command);
  const key = `messages:${channel.namespace}:${type}:${connection.id}`;
  return deps.limits.attempt(key, limit.max, limit.windowMs).then((allowed) => {
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

/** Returns the parsed payload. Throws `HubError("invalid_field")` with the first issue. */
function check<S extends z.ZodObject>(schema: S, payload: unknown): z.output<S> {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".");
  throw new HubError("invalid_field", where ? `Invalid ${where}: ${issue?.message}` : ERRORS.invalid_field.message);
}

async function refresh(deps: DispatchDeps, connection: Connection, token: string): Promise<void> {
  const identity = await deps.authenticator.authenticate("jwt", token).catch((thrown: unknown) => {
    throw thrown instanceof Refusal ? new HubError("unauthenticated", thrown.message) : thrown;
  });
  if (identity.userId !== connection.identity.userId) throw new HubError("forbidden", "The token is for another user");
  connection.renew(identity);
  await connection.channel.renewed(connection);
}

function succeed(task: Task, result: Result): void {
  if ("acknowledge" in task) task.acknowledge?.({ ok: true, ...(result ?? {}) });
}

/** Sends the document's error message and the acknowledgement. A `Refusal` or a failed `open` closes the connection. */
function fail(deps: DispatchDeps, connection: Connection, task: Task, thrown: unknown): void {
  const { channel } = connection;
  const { app, namespace } = channel;
  // An unknown type is arbitrary text of the client: events leave it out, so that metrics do not collect it.
  const type = "type" in task && (task.type === "refresh" || channel.on.has(task.type)) ? task.type : undefined;
  const error = thrown instanceof Refusal ? asError(thrown) : toHubError(thrown);
  if (error.code === "internal") deps.events.emit("fault", { where: `${namespace} ${type ?? "open"}`, error: thrown });
  deps.events.emit("rejected", { app, type, code: error.code });
  connection.fail(error);
  if ("acknowledge" in task) task.acknowledge?.({ ok: false, error: { code: error.code, message: error.message } });
  if (thrown instanceof Refusal) {
    deps.events.emit("refused", { namespace, app, disconnect: thrown.disconnect });
    connection.end(thrown.disconnect);
  } else if ("open" in task) connection.end(error.code === "unavailable" ? "overloaded" : "internal");
}

function asError({ disconnect, message }: Refusal): HubError {
  return new HubError(DISCONNECTS[disconnect].error, message);
}
