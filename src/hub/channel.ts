import type { z } from "zod";
import type { Client, Params } from "./client.ts";
import type { Command } from "./commands.ts";
import type { CredentialKind, Identity } from "./identity.ts";
import { DEFAULT_ERROR, type OutboundTypes } from "./outbound.ts";

export type InboundTypes = Readonly<Record<string, z.ZodObject>>;

export interface ChannelLimits {
  /** Connections that one credential may have open at once, on all workers. */
  readonly connectionsPerCredential?: number;
  /** By message type: the number that one connection may send within a sliding window. One more closes it with 1008. */
  readonly messages?: Readonly<Record<string, { readonly max: number; readonly windowMs: number }>>;
  /** Milliseconds without a message from the client after which it is closed with 1000. */
  readonly idleMs?: number;
}

/** The number of messages that a room keeps, and the hours for which it keeps them. */
export interface RetentionSettings {
  readonly messages?: number | undefined;
  readonly hours?: number | undefined;
}

/** The parts of an error message. Each document shapes them its own way. */
export interface ErrorView {
  readonly message: string;
  readonly room: string | undefined;
  readonly timestamp: string;
}

/** Fields that a handler returns. They are added to the acknowledgement. */
export type HandlerResult = Readonly<Record<string, unknown>> | undefined;

/** A channel as an app declares it. */
export interface AppChannel<In extends InboundTypes, Out extends OutboundTypes> {
  /** The namespace that owns the rooms; default: the namespace up to its first parameter. */
  readonly rootNamespace?: string;
  /**
   * Documented URL for plain WebSocket, without the trailing slash; same parameters. Default: `/ws` and the namespace.
   */
  readonly path?: string;
  readonly credential: CredentialKind;
  /** A cookie from which the credential is taken too. */
  readonly cookie?: string;
  /** The refusal of a plain WebSocket client without a valid credential. Default: `close`, after the error message. */
  readonly refuse?: "close" | "http";
  /** `data` when the document wraps everything in a `data` field; default: fields beside `type`. */
  readonly envelope?: "flat" | "data";
  readonly inbound: In;
  /** The hub's messages. Without `error`, the error message is `{ message }`. */
  readonly outbound: Out;
  /** Makes the payload of the document's `error` message. Default: the fields of the view that its schema declares. */
  readonly error?: (view: ErrorView) => Record<string, unknown>;
  readonly limits?: ChannelLimits;
  /** The retention of messages of class `log`, from which clients resume. Default: 24 hours, 1,000 per room. */
  readonly retention?: RetentionSettings;
  /**
   * Checks a client whose credential is valid. Throws a `Refusal` to keep it out, or a `HubError("not_found")` when the
   * parameters name nothing that exists.
   */
  readonly admit?: (identity: Identity, params: Params) => void | Promise<void>;
  /** Runs once a client is admitted: joins its rooms and sends the document's greeting. */
  readonly open?: (client: Client<NoInfer<Out>>) => void | Promise<void>;
  /** Runs when a client has renewed its credential. The role of the new one may differ. */
  readonly renewed?: (client: Client<NoInfer<Out>>) => void | Promise<void>;
  /**
   * One handler per inbound type. It gets a payload that its schema has accepted. A handler that changes stored data
   * passes the command on, so that a message which is sent again under the same id changes nothing twice.
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
  /** The app that the channel belongs to; also the prefix under which every port serves it. */
  readonly app: string;
  /** The Socket.IO namespace. `{name}` stands for a parameter of digits, letters, `-` or `_`. */
  readonly namespace: string;
}

/** A channel as the hub runs it: the declaration with its types closed over. */
export type Channel = Omit<ChannelDeclaration<InboundTypes, OutboundTypes>, "on" | "open" | "renewed"> & {
  readonly rootNamespace: string;
  readonly path: string;
  readonly error: (view: ErrorView) => Record<string, unknown>;
  /** True if the channel declares messages of class `log`. */
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
 * Declares a channel: the messages on its wire and the clients that may connect.
 * Throws an `Error` that names the channel when the declaration contradicts itself.
 */
export function defineChannel<In extends InboundTypes, Out extends OutboundTypes>(
  declaration: ChannelDeclaration<In, Out>,
): Channel {
  const { namespace, path = `/ws${namespace}` } = declaration;
  const fail = (problem: string): never => {
    throw new Error(`channel ${namespace}: ${problem}`);
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
    error: declaration.error ?? wholeView,
    keepsLog: Object.values(declaration.outbound).some(({ delivery }) => delivery === "log"),
    open: (declaration.open ?? (() => {})) as Channel["open"],
    renewed: (declaration.renewed ?? (() => {})) as Channel["renewed"],
    on: new Map(Object.entries(declaration.on)) as Channel["on"],
  };
}

/**
 * Returns the whole view of an error. The schema of the error message then strips the fields that it does not declare.
 */
function wholeView({ room, ...view }: ErrorView): Record<string, unknown> {
  return room === undefined ? view : { ...view, room };
}
