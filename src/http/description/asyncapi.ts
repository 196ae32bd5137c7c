import type { Channel } from "../../hub/channel.ts";
import {
  ACKNOWLEDGEMENT,
  type AsyncMessage,
  acknowledgementMessage,
  asyncMessage,
  messagesOf,
  type Sender,
  type Transport,
} from "./asyncapi-messages.ts";
import { cookieSchemes, credentialBindings, rulesOf, SECURITY_SCHEMES, securityOf } from "./asyncapi-rules.ts";

/** The parts of an AsyncAPI 3.0 description that are used here. */
export interface AsyncApi {
  readonly asyncapi: "3.0.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly defaultContentType: "application/json";
  readonly servers: Readonly<Record<string, AsyncServer>>;
  readonly channels: Readonly<Record<string, AsyncChannel>>;
  readonly operations: Readonly<Record<string, AsyncOperation>>;
  readonly components: {
    readonly messages: Readonly<Record<string, AsyncMessage>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

export interface Ref {
  readonly $ref: string;
}

interface AsyncServer {
  readonly host: string;
  readonly protocol: "ws" | "socketio";
  readonly description: string;
  readonly pathname?: string;
  readonly variables: Readonly<Record<string, { readonly default: string; readonly description: string }>>;
}

export interface AsyncChannel {
  /** The path of the plain WebSocket, or the namespace of Socket.IO. */
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly servers: readonly Ref[];
  readonly parameters?: Readonly<Record<string, { readonly description: string }>>;
  readonly tags: readonly { readonly name: string }[];
  /** By their names in this channel; references to `components`. */
  readonly messages: Readonly<Record<string, Ref>>;
  readonly bindings?: Readonly<Record<string, object>>;
}

export interface AsyncOperation {
  /** From the side of the hub. */
  readonly action: "send" | "receive";
  readonly channel: Ref;
  readonly messages: readonly Ref[];
  readonly security?: readonly Ref[];
  readonly reply?: { readonly channel: Ref; readonly messages: readonly Ref[] };
}

/** A port, and the apps that have their documented URLs there. */
export interface DescribedDoor {
  readonly port: number;
  readonly apps: readonly string[];
}

/** Describes channels, on both transports, from the schemas that check their messages. */
export function asyncApi(channels: readonly Channel[], doors: readonly DescribedDoor[]): AsyncApi {
  const described: Record<string, AsyncChannel> = {};
  const operations: Record<string, AsyncOperation> = {};
  const messages = new Map<string, { schema: object; message: AsyncMessage }>();

  for (const channel of channels) {
    const id = idOf(channel);
    const documented = doors.filter((door) => isServedAt(door, channel, channels));
    if (documented.length > 0) add(`${id}.plain`, channel, "plain", channel.path, documented);
    add(`${id}.prefixed`, channel, "plain", `/${channel.app}${channel.path}`, doors);
    add(`${id}.socketio`, channel, "socketio", channel.namespace, doors);
  }

  return {
    asyncapi: "3.0.0",
    info: {
      title: "Junction",
      version: "1.0.0",
      description:
        "The messages of the hub. Every channel is served by two transports, plain WebSocket and Socket.IO, to the same rooms. " +
        "The HTTP API is described in /openapi.json.",
    },
    defaultContentType: "application/json",
    servers: Object.fromEntries(doors.flatMap(serversOf)),
    channels: described,
    operations,
    components: {
      messages: {
        ...Object.fromEntries([...messages].map(([key, { message }]) => [key, message])),
        [ACKNOWLEDGEMENT]: acknowledgementMessage,
      },
      securitySchemes: { ...SECURITY_SCHEMES, ...cookieSchemes(channels) },
    },
  };

  function add(
    id: string,
    channel: Channel,
    transport: Transport,
    address: string,
    at: readonly DescribedDoor[],
  ): void {
    const listed = messagesOf(channel, transport);
    const parameters = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const keys = listed.map((declared) => ({ ...declared, key: keyIn(listed, declared) }));
    described[id] = {
      address,
      title: `${channel.app}: ${address}`,
      description: rulesOf(channel, transport),
      servers: at.map(({ port }) => ref(`servers/${transport}-${port}`)),
      ...(parameters.length > 0 && {
        parameters: Object.fromEntries(parameters.map((name) => [name, { description: "Digits, letters, - or _" }])),
      }),
      tags: [{ name: channel.app }],
      messages: {
        ...Object.fromEntries(keys.map((declared) => [declared.key, component(channel, transport, declared)])),
        ...(transport === "socketio" && { [ACKNOWLEDGEMENT]: ref(`components/messages/${ACKNOWLEDGEMENT}`) }),
      },
      ...(transport === "plain" && credentialBindings(channel)),
    };
    for (const [from, action] of [
      ["client", "receive"],
      ["hub", "send"],
    ] as const) {
      const sent = keys.filter((declared) => declared.from === from);
      if (sent.length === 0) continue;
      operations[`${id}.${action}`] = {
        action,
        channel: ref(`channels/${id}`),
        messages: sent.map(({ key }) => ref(`channels/${id}/messages/${key}`)),
        ...securityOf(channel, transport),
        ...(transport === "socketio" &&
          action === "receive" && {
            reply: { channel: ref(`channels/${id}`), messages: [ref(`channels/${id}/messages/${ACKNOWLEDGEMENT}`)] },
          }),
      };
    }
  }

  /**
   * Refers to a message. Channels of an app share equal ones; a type that differs gets the channel's name as prefix.
   */
  function component(channel: Channel, transport: Transport, declared: ReturnType<typeof messagesOf>[number]): Ref {
    const name = `${transport}.${declared.from}.${declared.type}`;
    const shared = `${channel.app}.${name}`;
    const known = messages.get(shared);
    const key = known && known.schema !== declared.schema ? `${idOf(channel)}.${name}` : shared;
    if (!messages.has(key)) {
      messages.set(key, { schema: declared.schema, message: asyncMessage(declared, transport, channel) });
    }
    return ref(`components/messages/${key}`);
  }
}

/** Returns the id of a channel: `/events/{eventId}` is `events.eventId`. */
function idOf({ namespace }: Channel): string {
  return namespace.slice(1).replaceAll("/", ".").replace(/[{}]/g, "");
}

/** Returns the key of a message in its channel: its type. If both sides send the type, the client's has a suffix. */
function keyIn(
  listed: readonly { type: string; from: Sender }[],
  { type, from }: { type: string; from: Sender },
): string {
  const both = listed.filter((other) => other.type === type).length > 1;
  return both && from === "client" ? `${type}.client` : type;
}

/** Returns true if a door serves the channel at its documented URL, alone or beside one with another kind of token. */
function isServedAt({ apps }: DescribedDoor, channel: Channel, channels: readonly Channel[]): boolean {
  if (!apps.includes(channel.app)) return false;
  const there = channels.filter(({ app, path }) => apps.includes(app) && path === channel.path);
  const kinds = there.map(({ credential }) => credential).sort();
  return there.length === 1 || kinds.join() === "jwt,wsToken";
}

function serversOf({ port, apps }: DescribedDoor): [string, AsyncServer][] {
  const host = `{host}:${port}`;
  const variables = { host: { default: "localhost", description: "Where the hub runs" } };
  const documented = apps.length === 0 ? "" : ` At their documented URLs: ${apps.join(", ")}.`;
  return [
    [`plain-${port}`, { host, protocol: "ws", description: `Plain WebSocket.${documented}`, variables }],
    [
      `socketio-${port}`,
      { host, protocol: "socketio", pathname: "/socket.io/", description: "Socket.IO: all namespaces.", variables },
    ],
  ];
}

function ref(path: string): Ref {
  return { $ref: `#/${path}` };
}
