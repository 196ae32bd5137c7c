import type { z } from "zod";
import type { Client, Params } from "./client.ts";
import type { Command } from "./commands.ts";
import type { CredentialKind, Identity } from "./identity.ts";
import { DEFAULT_ERROR, type OutboundTypes } from "./outbound.ts";

export type InboundTypes = Readonly<Record<string, z.ZodObject>>;

export interface ChannelLimits {
  /** Connections that one credential may have open at once, on all workers. */
  readonly connectionsPerCredential?: number;
  /** By message type: how many one connection may send within a sliding window; one more ends it with 1008. */
  readonly messages?: Readonly<Record<string, { readonly max: number; readonly windowMs: number }>>;
  /** Milliseconds without a message from the client after which it is closed with 1000. */
  readonly idleMs?: number;
}

/** How many messages of a room are kept, and for how many hours. */
export interface RetentionSettings {
  readonly messages?: number | undefined;
  readonly hours?: number | undefined;
}

/** What an error message is made of; each document shapes it its own way. */
export interface ErrorView {
  readonly message: string;
  readonly room: string | undefined;
  readonly timestamp: string;
}

/** What a handler may give back: fields that are added to the acknowledgement. */
export type HandlerResult = Readonly<Record<string, unknown>> | undefined;

/** What an app declares of a channel. */
export interface AppChannel<In extends InboundTypes, Out extends OutboundTypes> {
  /** The namespace that owns the rooms; default: the namespace up to its first parameter. */
  readonly rootNamespace?: string;
  /** Documented URL of the plain door, without the trailing slash; same parameters. Default: `/ws` and the namespace. */
  readonly path?: string;
  readonly credential: CredentialKind;
  /** Also take the credential from this cookie. */
  readonly cookie?: string;
  /** How a client without a good credential is turned away on the plain door; default: error message and close. */
  readonly refuse?: "close" | "http";
  /** `data` when the document wraps everything in a `data` field; default: fields beside `type`. */
  readonly envelope?: "flat" | "data";
  readonly inbound: In;
  /** The hub's messages. Without `error`, the error message is `{ message }`. */
  readonly outbound: Out;
  /** The payload of the document's `error` message; default: those of the facts that its schema has. */
  readonly error?: (facts: ErrorView) => Record<string, unknown>;
  readonly limits?: ChannelLimits;
  /** How long the messages of class `log` are kept for clients that come back; default: 24 hours, 1,000 per room. */
  readonly retention?: RetentionSettings;
  /**
   * May refuse a client whose credential is good: throws a `Refusal`, or a `HubError("not_found")` for a thing that does
   * not exist.
   */
  readonly admit?: (identity: Identity, params: Params) => void | Promise<void>;
  /** Called once a client is in: joins its rooms and sends the document's greeting. */
  readonly open?: (client: Client<NoInfer<Out>>) => void | Promise<void>;
  /** Called when a client has renewed its credential: the new one may say another role. */
  readonly renewed?: (client: Client<NoInfer<Out>>) => void | Promise<void>;
  /**
   * One handler per inbound type, with a payload that its schema has accepted. One that changes stored data passes the
   * command on: then a message that comes again under the same id changes nothing twice.
   */
  readonly on: {
    readonly [K in keyof In]: (
      client: Client<NoInfer<Out>>,
      payload: z.output<NoInfer<In>[K]>,
      command: Command,
    ) => HandlerResult | void | Promise<HandlerResult | void>;
  };
}

export interface ChannelDeclaration<In extends InboundTypes, Out extends OutboundTypes> extends AppChannel<In, Out> {
  /** The app it belongs to; also the prefix under which it is served on every port. */
  readonly app: string;
  /** Socket.IO namespace; `{name}` stands for a parameter of digits, letters, `-` or `_`. */
  readonly namespace: string;
}

/** A channel as the hub runs it: the declaration with its types closed over. */
export type Channel = Omit<ChannelDeclaration<InboundTypes, OutboundTypes>, "on" | "open" | "renewed"> & {
  readonly rootNamespace: string;
  readonly path: string;
  readonly error: (facts: ErrorView) => Record<string, unknown>;
  /** Whether there are messages of class `log` in its rooms. */
  readonly keepsLog: boolean;
  readonly open: (client: Client<OutboundTypes>) => void | Promise<void>;
  readonly renewed: (client: Client<OutboundTypes>) => void | Promise<void>;
  readonly on: ReadonlyMap<string, Handler>;
};

type Handler = (
  client: Client<OutboundTypes>,
  payload: unknown,
  command: Command,
) => HandlerResult | void | Promise<HandlerResult | void>;

/**
 * Declares a channel: the one place that says what is on its wire and who may be there.
 * Throws at start, naming the channel, when the declaration contradicts itself.
 */
export function defineChannel<In extends InboundTypes, Out extends OutboundTypes>(
  declaration: ChannelDeclaration<In, Out>,
): Channel {
  const { namespace, path = `/ws${namespace}` } = declaration;
  const fail = (what: string): never => {
    throw new Error(`channel ${namespace}: ${what}`);
  };
  if (!/^(\/([\w-]+|\{\w+\}))+$/.test(namespace)) fail(`namespace must look like /name or /name/{id}`);
  if (!/^(\/([\w-]+|\{\w+\}))+$/.test(path))
    fail(`path ${path} must look like /ws or /ws/{id}, without a slash at its end`);
  const rootNamespace = declaration.rootNamespace ?? namespace.replace(/\/\{.*/, "");
  if (rootNamespace === "" || rootNamespace.includes("{"))
    fail("needs `rootNamespace`, a namespace without parameters that owns its rooms");
  for (const type of Object.keys(declaration.limits?.messages ?? {})) {
    if (!Object.hasOwn(declaration.inbound, type)) fail(`limits name ${type}, which is not an inbound type`);
  }
  for (const [type, { shape }] of Object.entries(declaration.inbound)) {
    if (Object.hasOwn(shape, "id")) fail(`${type} has a field id, which is the name that a client gives the message`);
  }
  return {
    ...declaration,
    rootNamespace,
    path,
    outbound: Object.hasOwn(declaration.outbound, "error")
      ? declaration.outbound
      : { ...declaration.outbound, error: DEFAULT_ERROR },
    error: declaration.error ?? allFacts,
    keepsLog: Object.values(declaration.outbound).some(({ delivery }) => delivery === "log"),
    open: (declaration.open ?? (() => {})) as Channel["open"],
    renewed: (declaration.renewed ?? (() => {})) as Channel["renewed"],
    on: new Map(Object.entries(declaration.on)) as Channel["on"],
  };
}

/** Gives the facts of an error; the schema of the error message takes from them what it declares. */
function allFacts({ room, ...facts }: ErrorView): Record<string, unknown> {
  return room === undefined ? facts : { ...facts, room };
}
